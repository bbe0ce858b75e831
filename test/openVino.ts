import { openDevice } from '../src/runtime/device.js';
import type { Precision } from '../src/runtime/device.js';

/**
 * Why this machine cannot run OpenVINO's tests, or false if it can; the value of a suite's `skip` option.
 * scripts/test.mjs recognizes the reason by its first words and reports it; it fails the run only if GLIT_REQUIRE names
 * openvino.
 */
export function whyNoOpenVino(): Promise<string | false> {
  return whyNot('OpenVINO', 'float32');
}

/** The same for OpenVINO's bfloat16, which only some processors have. */
export function whyNoBfloat16(): Promise<string | false> {
  return whyNot('bfloat16', 'bfloat16');
}

async function whyNot(what: string, precision: Precision): Promise<string | false> {
  try {
    const device = await openDevice({ kind: 'openvino', precision });
    await device.close();
    return false;
  } catch (error) {
    return `not available here: ${what} (${error instanceof Error ? error.message : String(error)})`;
  }
}
