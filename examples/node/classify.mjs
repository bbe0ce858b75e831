// Classifies images with the model folder of a run, with transformers.js:
//
//   npm install @huggingface/transformers
//   node classify.mjs runs/photos/model image.jpg …
import { resolve } from 'node:path';
import { env, pipeline } from '@huggingface/transformers';

const [folder, ...images] = process.argv.slice(2);
if (folder === undefined || images.length === 0) {
  console.error('usage: node classify.mjs MODEL_FOLDER IMAGE…');
  process.exit(2);
}

env.allowRemoteModels = false;
const classify = await pipeline('image-classification', resolve(folder));
for (const image of images) {
  const [best] = await classify(image, { top_k: 1 });
  console.log(`${image}: ${best.label}, ${(100 * best.score).toFixed(2)} %`);
}
