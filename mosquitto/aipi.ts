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

/** Where a device says `online` or `offline`, retained. */
export function statusTopic(id: string): string {
  return `device/${id}/status`;
}

/** The test of the operators' guide: this text, published on this topic, arrives. */
export const guideTest = { topic: 'test/topic', payload: 'Hello AIPI system!' } as const;
