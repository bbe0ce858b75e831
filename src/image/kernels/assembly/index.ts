// The exports of the module; it exports its memory as well.
export { blendFloats } from './blendFloats';
export { bytesToFloats } from './bytesToFloats';
export { resizeLines } from './resizeLines';
export { transposeBlocks } from './transposeBlocks';
