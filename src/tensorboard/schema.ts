import protobuf from 'protobufjs/light.js';

const SETTINGS: protobuf.IMapField = { keyType: 'string', type: 'Value', id: 1 };

/**
 * The part of TensorBoard's event files that glit writes, as a protobuf descriptor. Field numbers are from TensorBoard's
 * `event.proto`, `summary.proto` and `plugins/hparams/plugin_data.proto`, and `Value` is `google.protobuf.Value`.
 */
const root = protobuf.Root.fromJSON({
  nested: {
    Value: {
      oneofs: { kind: { oneof: ['numberValue', 'stringValue', 'boolValue'] } },
      fields: {
        numberValue: { type: 'double', id: 2 },
        stringValue: { type: 'string', id: 3 },
        boolValue: { type: 'bool', id: 4 },
      },
    },
    SessionStartInfo: {
      fields: {
        hparams: SETTINGS,
        groupName: { type: 'string', id: 4 },
        startTimeSecs: { type: 'double', id: 5 },
      },
    },
    HParamsPluginData: {
      fields: { version: { type: 'int32', id: 1 }, sessionStartInfo: { type: 'SessionStartInfo', id: 3 } },
    },
    PluginData: { fields: { pluginName: { type: 'string', id: 1 }, content: { type: 'bytes', id: 2 } } },
    SummaryMetadata: { fields: { pluginData: { type: 'PluginData', id: 1 } } },
    Image: {
      fields: {
        height: { type: 'int32', id: 1 },
        width: { type: 'int32', id: 2 },
        colorspace: { type: 'int32', id: 3 },
        encodedImageString: { type: 'bytes', id: 4 },
      },
    },
    SummaryValue: {
      oneofs: { value: { oneof: ['simpleValue', 'image'] } },
      fields: {
        tag: { type: 'string', id: 1 },
        simpleValue: { type: 'float', id: 2 },
        image: { type: 'Image', id: 4 },
        metadata: { type: 'SummaryMetadata', id: 9 },
      },
    },
    Summary: { fields: { value: { rule: 'repeated', type: 'SummaryValue', id: 1 } } },
    Event: {
      oneofs: { what: { oneof: ['fileVersion', 'summary'] } },
      fields: {
        wallTime: { type: 'double', id: 1 },
        step: { type: 'int64', id: 2 },
        fileVersion: { type: 'string', id: 3 },
        summary: { type: 'Summary', id: 5 },
      },
    },
  },
});

export const eventProto = root.lookupType('Event');
export const hparamsProto = root.lookupType('HParamsPluginData');
