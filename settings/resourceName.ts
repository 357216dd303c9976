/** Name of the broker among the resources of a stack of this program; those of its parts begin with it. */
export const brokerResource = 'mqtt';
