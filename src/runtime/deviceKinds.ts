import { UserError } from '../errors.js';

/** What runs a kind of device. */
interface DeviceTraits {
  /** The engine, a folder beside this file. */
  readonly engine: 'onnxruntime' | 'openvino';
  /** The precisions that it computes in; the first is the default. */
  readonly precisions: readonly [Precision, ...Precision[]];
  /** What a user can do where it does not start. */
  readonly remedy: string;
}

/** What products and convolutions are computed in. Weights and the optimizer's state stay in float32. */
export const PRECISIONS = ['float32', 'bfloat16'] as const;

export type Precision = (typeof PRECISIONS)[number];

/** The devices that programs run on, by the name that users give. */
const KINDS = {
  cpu: {
    engine: 'onnxruntime',
    precisions: ['float32'],
    remedy: 'reinstall onnxruntime-node for this platform',
  },
  webgpu: {
    engine: 'onnxruntime',
    precisions: ['float32'],
    remedy: "use the cpu device, or install the GPU's driver",
  },
  openvino: {
    engine: 'openvino',
    precisions: ['float32', 'bfloat16'],
    remedy: 'reinstall it with `pip install --force-reinstall openvino`, or use the cpu device',
  },
} as const satisfies Record<string, DeviceTraits>;

export type DeviceKind = keyof typeof KINDS;

export const DEVICE_KINDS = Object.keys(KINDS) as readonly DeviceKind[];

export function traitsOf(kind: DeviceKind): DeviceTraits {
  return KINDS[kind];
}

/** The precisions that a kind of device computes in. */
export function precisionsOf(kind: DeviceKind): readonly Precision[] {
  return traitsOf(kind).precisions;
}

/** Throws a UserError when a kind of device does not compute in this precision. */
export function checkPrecision(kind: DeviceKind, precision: Precision): void {
  const precisions = precisionsOf(kind);
  if (precisions.includes(precision)) return;
  throw new UserError(`the device ${kind} computes in ${precisions.join(' or ')}, not in ${precision}; use openvino`);
}
