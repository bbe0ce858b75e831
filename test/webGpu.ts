/** The WebGPU device of the tests: SwiftShader, a software Vulkan driver in Debian's chromium package. */
import { existsSync } from 'node:fs';
import { openDevice } from '../src/runtime/device.js';

const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';

/**
 * Why this machine cannot run WebGPU tests, or false if it can; the value of a suite's `skip` option. scripts/test.mjs
 * recognizes the reason by its first words and reports it; it fails the run only if GLIT_REQUIRE names webgpu. From
 * here on, this process's WebGPU is SwiftShader if it is installed.
 */
export async function whyNoWebGpu(): Promise<string | false> {
  if (existsSync(SWIFTSHADER)) process.env['VK_ICD_FILENAMES'] ??= SWIFTSHADER;
  try {
    const device = await openDevice({ kind: 'webgpu' });
    await device.close();
    return false;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const [, fact = message] = /this machine \((.+)\): /.exec(message) ?? [];
    return `not available here: WebGPU (${fact}; the tests use the Debian packages chromium and libvulkan1)`;
  }
}
