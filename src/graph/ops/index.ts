import { addition } from './add.js';
import { scaledDotProductAttention } from './attention.js';
import { batchNormalization } from './batchNorm.js';
import { imageBatchNormalization } from './batchNorm2d.js';
import { conversion } from './cast.js';
import { concatenation, splitting } from './concat.js';
import { convolution, transposedConvolution } from './conv2d.js';
import { division } from './div.js';
import { exponential } from './exp.js';
import { expansion } from './expand.js';
import { feedForwardNetwork } from './feedForward.js';
import { gathering } from './gather.js';
import { matrixProduct } from './gemm.js';
import { layerNormalization } from './layerNorm.js';
import { comparison } from './lessOrEqual.js';
import { logarithm } from './log.js';
import { logarithmicSoftmax } from './logSoftmax.js';
import { batchedMatrixProduct } from './matmul.js';
import { maximumPooling } from './maxPool2d.js';
import { elementwiseMinimum } from './minimum.js';
import { multiplication } from './mul.js';
import { rectifiedLinearUnit, stepFunction } from './relu.js';
import { reshaping } from './reshape.js';
import { logistic } from './sigmoid.js';
import { padding, slicing } from './slice.js';
import { squareRoot } from './sqrt.js';
import { subtraction } from './sub.js';
import { summation } from './sum.js';
import { sigmoidLinearUnit } from './swish.js';
import { permutation } from './transpose.js';

/** Every operator, by name. The operator test needs a case for each: without one, it does not compile. */
export const OPERATORS = {
  add: addition,
  attention: scaledDotProductAttention,
  batchNorm: batchNormalization,
  batchNorm2d: imageBatchNormalization,
  cast: conversion,
  concat: concatenation,
  conv2d: convolution,
  convTranspose2d: transposedConvolution,
  div: division,
  exp: exponential,
  expand: expansion,
  feedForward: feedForwardNetwork,
  gather: gathering,
  gemm: matrixProduct,
  layerNorm: layerNormalization,
  lessOrEqual: comparison,
  log: logarithm,
  logSoftmax: logarithmicSoftmax,
  matmul: batchedMatrixProduct,
  maxPool2d: maximumPooling,
  minimum: elementwiseMinimum,
  mul: multiplication,
  pad: padding,
  relu: rectifiedLinearUnit,
  reshape: reshaping,
  sigmoid: logistic,
  slice: slicing,
  split: splitting,
  sqrt: squareRoot,
  step: stepFunction,
  sub: subtraction,
  sum: summation,
  swish: sigmoidLinearUnit,
  transpose: permutation,
};

export type OperatorName = keyof typeof OPERATORS;
