import { cifar } from './cifar.js';
import { deit } from './deit.js';
import { demo } from './demo.js';

/** Complete recipes by name: how a network is trained. */
export const RECIPES = { demo, cifar, deit };
export type RecipeName = keyof typeof RECIPES;
