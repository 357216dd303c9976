/** What other programs import: a broker, and what it is made from. */

export { MqttBroker } from './mqttBroker';
export type {
  AccountArgs,
  DeviceArgs,
  ListenerArgs,
  MqttBrokerArgs,
  ReviewArgs,
  RoleArgs,
} from './mqttBrokerArgs';
