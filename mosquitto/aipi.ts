/** The topics of AIPI, as its operators use them. `+` stands for a device id. */

export const aipiTopics = [
  'device/control',
  'device/+/data',
  'device/+/status',
  'langchain/process/+',
  'langchain/response/+',
  'system/server/status',
  'system/alerts/+',
] as const;

/** The test of the operators' guide: this text, published on this topic, arrives. */
export const guideTest = { topic: 'test/topic', payload: 'Hello AIPI system!' } as const;
