/** The WebGPU device of the tests: SwiftShader, a software Vulkan driver that Debian's chromium package brings. */
import { existsSync } from 'node:fs';
import { openDevice } from '../src/runtime/device.js';

const SWIFTSHADER = '/usr/lib/chromium/vk_swiftshader_icd.json';

/**
 * Why this machine cannot run WebGPU tests, or false where it can; the value of a suite's `skip` option. (Where CI is
 * set, a skipped test counts as failed.) From here on, this process's WebGPU is SwiftShader where it is installed.
 */
export async function whyNoWebGpu(): Promise<string | false> {
  if (existsSync(SWIFTSHADER)) process.env['VK_ICD_FILENAMES'] ??= SWIFTSHADER;
  try {
    const device = await openDevice({ kind: 'webgpu' });
    await device.close();
    return false;
  } catch (error) {
    const fact = error instanceof Error ? error.message : String(error);
    return `${fact} (the tests use the Debian packages chromium and libvulkan1)`;
  }
}
