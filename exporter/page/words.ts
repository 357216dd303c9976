/** Every text of the page, in each of its languages. What is missing in one of them does not compile. */

import type { Finding, FindingKind, HistorySeries, Status } from '../../watching/status';

export const languages = ['en', 'zh'] as const;
export type Language = (typeof languages)[number];

/** As the `lang` of a document says it. */
export const languageTags: Readonly<Record<Language, string>> = { en: 'en', zh: 'zh-CN' };

/** Texts of what is always there, by the names in `data-word`. */
export interface Labels {
  skip: string;
  title: string;
  language: string;
  theme: string;
  themeSystem: string;
  themeLight: string;
  themeDark: string;
  nothingYet: string;
  findings: string;
  shares: string;
  charts: string;
  listeners: string;
  devices: string;
  filter: string;
  accounts: string;
  counted: string;
  deployment: string;
}

/** What stands on a chart. */
export type ChartName = 'connected' | 'messages' | 'bytes' | 'roundTrip' | 'refused' | 'dropped';

export interface Words {
  labels: Labels;
  up: string;
  down: string;
  /** What is shown is not of now. */
  wasUp: string;
  wasDown: string;
  reason: string;
  since: string;
  version: string;
  container: string;
  /** What needs a hand, in numbers. */
  weighed: Record<Finding['weight'], (count: number) => string>;
  ago(duration: string): string;
  updated(time: string): string;
  zone(zone: string): string;
  /** The exporter does not answer; `age` is that of what is shown. */
  gone(reason: string, age: string): string;
  /** The same, before it ever has. */
  silent(reason: string): string;
  reasons: { unreachable: string; slow: string; unreadable: string; status(code: number): string };
  nothingFound: string;
  weights: Record<Finding['weight'], string>;
  kinds: Record<FindingKind, string>;
  /** One sentence. Names come ready to be shown. */
  says: Record<FindingKind, (finding: Finding, named: string, status: Status) => string>;
  andMore(names: string, more: number): string;
  separator: string;
  run: string;
  copy: string;
  copied: string;
  tiles: { connections: string; devices: string; memory: string; disk: string; proof: string };
  of(value: string, limit: string): string;
  /** Behind a value. */
  outOf(limit: string): string;
  unknown: string;
  silentDevices(count: number): string;
  noneSilent: string;
  noDevices: string;
  database(bytes: string): string;
  free(bytes: string): string;
  checksHold(count: number): string;
  checksFailed(failed: number, count: number): string;
  neverProved: string;
  chartNames: Record<ChartName, string>;
  seriesNames: Record<HistorySeries, string>;
  perSecond: string;
  inStep(duration: string): string;
  now: string;
  chartSays(name: string, values: string): string;
  most(value: string): string;
  columns: {
    listener: string;
    port: string;
    state: string;
    roundTrip: string;
    certificate: string;
    device: string;
    since: string;
    address: string;
    role: string;
    account: string;
    connections: string;
  };
  answers: string;
  noAnswer: string;
  noCertificate: string;
  days(days: number): string;
  ended: string;
  until(date: string): string;
  matches: string;
  differs: string;
  connected: string;
  away: string;
  awaySilent: string;
  notSeen: string;
  shownOf(shown: string, all: string): string;
  showAll(count: number): string;
  showFewer: string;
  noMatch: string;
  none: string;
  countedNames: Record<keyof Status['counted'], string>;
  deployed: string;
  digest: string;
  proved: string;
  result: string;
  notKnownWhileDown: string;
}

const english: Words = {
  labels: {
    skip: 'Skip to what is known',
    title: 'Broker',
    language: 'Language',
    theme: 'Colours',
    themeSystem: 'As the system',
    themeLight: 'Light',
    themeDark: 'Dark',
    nothingYet: 'Nothing is known yet',
    findings: 'What needs a hand',
    shares: 'Now',
    charts: 'The last day',
    listeners: 'Listeners',
    devices: 'Devices',
    filter: 'Filter',
    accounts: 'Accounts that are connected',
    counted: 'Since the exporter started',
    deployment: 'Deployment and proof',
  },
  up: 'The broker is up',
  down: 'The broker is down',
  wasUp: 'The broker was up',
  wasDown: 'The broker was down',
  reason: 'Why',
  since: 'Up since',
  version: 'Mosquitto',
  container: 'Container',
  weighed: {
    critical: (count) => `${count} critical`,
    warning: (count) => (count === 1 ? '1 warning' : `${count} warnings`),
  },
  ago: (duration) => `${duration} ago`,
  updated: (time) => `Updated at ${time}`,
  zone: (zone) => `Times are of ${zone}`,
  gone: (reason, age) => `${reason} What is shown is ${age} old.`,
  silent: (reason) => `${reason} Nothing can be shown until it does.`,
  reasons: {
    unreachable: 'The exporter does not answer.',
    slow: 'The exporter takes too long to answer.',
    unreadable: 'The exporter does not answer with a status.',
    status: (code) => `The exporter does not answer with a status, but with HTTP code ${code}.`,
  },
  nothingFound: 'Nothing needs a hand.',
  weights: { critical: 'Critical', warning: 'Warning' },
  kinds: {
    'broker-down': 'The broker does not answer',
    'listener-down': 'A listener does not answer',
    'certificate-ends': 'A certificate ends soon',
    'certificate-differs': 'Another certificate is served',
    'devices-silent': 'Devices are away for too long',
    'fleet-gone': 'More than half of the clients are gone',
    'contested-client-id': 'Clients share a client id',
    'messages-dropped': 'Messages are dropped',
    'refused-logins': 'Logins are refused',
    'queue-filling': 'A queue fills',
    'disk-filling': 'The disk fills',
    'memory-near-limit': 'Memory runs out',
    'proof-failed': 'The last proof failed',
    'proof-old': 'There is no proof of late',
  },
  // What the exporter says is English.
  says: {
    'broker-down': ({ says }) => says,
    'listener-down': ({ says }) => says,
    'certificate-ends': ({ says }) => says,
    'certificate-differs': ({ says }) => says,
    'devices-silent': ({ says }) => says,
    'fleet-gone': ({ says }) => says,
    'contested-client-id': ({ says }) => says,
    'messages-dropped': ({ says }) => says,
    'refused-logins': ({ says }) => says,
    'queue-filling': ({ says }) => says,
    'disk-filling': ({ says }) => says,
    'memory-near-limit': ({ says }) => says,
    'proof-failed': ({ says }) => says,
    'proof-old': ({ says }) => says,
  },
  andMore: (names, more) => (names === '' ? `${more} of them` : `${names} and ${more} more`),
  separator: ', ',
  run: 'Run next',
  copy: 'Copy',
  copied: 'Copied',
  tiles: { connections: 'Connections', devices: 'Devices', memory: 'Memory', disk: 'Disk', proof: 'Last proof' },
  of: (value, limit) => `${value} of ${limit}`,
  outOf: (limit) => `of ${limit}`,
  unknown: 'not known',
  silentDevices: (count) => `${count} away for too long`,
  noneSilent: 'none away for too long',
  noDevices: 'No devices are declared.',
  database: (bytes) => `database ${bytes}`,
  free: (bytes) => `${bytes} free`,
  checksHold: (count) => (count === 1 ? '1 check holds' : `${count} checks hold`),
  checksFailed: (failed, count) => `${failed} of ${count} checks failed`,
  neverProved: 'never proved',
  chartNames: {
    connected: 'Connected clients',
    messages: 'Messages',
    bytes: 'Bytes',
    roundTrip: 'Round trip',
    refused: 'Refused logins',
    dropped: 'Dropped messages',
  },
  seriesNames: {
    connected: 'connected',
    messagesReceived: 'in',
    messagesSent: 'out',
    bytesReceived: 'in',
    bytesSent: 'out',
    refusedLogins: 'refused',
    dropped: 'dropped',
    roundTripMilliseconds: 'slowest listener',
  },
  perSecond: 'per second',
  inStep: (duration) => `in ${duration} each`,
  now: 'now',
  chartSays: (name, values) => `${name}, the last day: ${values}`,
  most: (value) => `most ${value}`,
  columns: {
    listener: 'Listener',
    port: 'Port',
    state: 'State',
    roundTrip: 'Round trip',
    certificate: 'Certificate',
    device: 'Device',
    since: 'Since',
    address: 'Address',
    role: 'Role',
    account: 'Account',
    connections: 'Connections',
  },
  answers: 'answers',
  noAnswer: 'no answer',
  noCertificate: 'no TLS',
  days: (days) => (days === 1 ? '1 day left' : `${days} days left`),
  ended: 'has expired',
  until: (date) => `until ${date}`,
  matches: 'the deployed one',
  differs: 'not the deployed one',
  connected: 'connected',
  away: 'away',
  awaySilent: 'away for too long',
  notSeen: 'not known',
  shownOf: (shown, all) => `${shown} of ${all} devices are listed, those that are away for too long first.`,
  showAll: (count) => `Show all ${count}`,
  showFewer: 'Show fewer',
  noMatch: 'No listed device matches.',
  none: 'None.',
  countedNames: {
    refusedLogins: 'Refused logins',
    takeovers: 'Take-overs of a client id',
    protocolErrors: 'Protocol errors',
    keepaliveEvictions: 'Clients that fell silent',
    dropped: 'Dropped messages',
  },
  deployed: 'Deployed',
  digest: 'Configuration',
  proved: 'Proved',
  result: 'Result',
  notKnownWhileDown: 'Not known while the broker is down.',
};

/** Of a broker's own words, which are English. */
function because(reason: string | null): string {
  return reason === null ? '' : `：${reason.replace(/[.。]$/, '')}`;
}

function wholePercent(part: number | null, whole: number | null): string {
  return part === null || whole === null || whole === 0 ? '?' : `${Math.round((100 * part) / whole)}%`;
}

const chinese: Words = {
  labels: {
    skip: '跳到状态',
    title: '代理',
    language: '语言',
    theme: '配色',
    themeSystem: '跟随系统',
    themeLight: '浅色',
    themeDark: '深色',
    nothingYet: '尚无数据',
    findings: '需要处理',
    shares: '当前',
    charts: '最近一天',
    listeners: '监听器',
    devices: '设备',
    filter: '筛选',
    accounts: '已连接的账户',
    counted: '自导出器启动以来',
    deployment: '部署与证明',
  },
  up: '代理运行正常',
  down: '代理没有应答',
  wasUp: '代理此前运行正常',
  wasDown: '代理此前没有应答',
  reason: '原因',
  since: '启动于',
  version: 'Mosquitto',
  container: '容器',
  weighed: { critical: (count) => `${count} 项严重问题`, warning: (count) => `${count} 项警告` },
  ago: (duration) => `${duration}前`,
  updated: (time) => `更新于 ${time}`,
  zone: (zone) => `时间所属时区：${zone}`,
  gone: (reason, age) => `${reason}下面显示的是${age}前的数据。`,
  silent: (reason) => `${reason}恢复之前没有数据可以显示。`,
  reasons: {
    unreachable: '导出器没有应答。',
    slow: '导出器应答超时。',
    unreadable: '导出器的应答不是状态数据。',
    status: (code) => `导出器返回 HTTP 状态码 ${code}，不是状态数据。`,
  },
  nothingFound: '没有需要处理的问题。',
  weights: { critical: '严重', warning: '警告' },
  kinds: {
    'broker-down': '代理没有应答',
    'listener-down': '有监听器没有应答',
    'certificate-ends': '证书即将到期',
    'certificate-differs': '使用中的证书与部署的不同',
    'devices-silent': '有设备离线过久',
    'fleet-gone': '超过一半的客户端已断开',
    'contested-client-id': '多个客户端使用同一个客户端 ID',
    'messages-dropped': '有消息被丢弃',
    'refused-logins': '有登录被拒绝',
    'queue-filling': '队列即将占满',
    'disk-filling': '磁盘即将占满',
    'memory-near-limit': '内存接近上限',
    'proof-failed': '最近一次证明未通过',
    'proof-old': '近期没有证明',
  },
  says: {
    'broker-down': (_, __, { container, broker }) => `${container} 没有应答${because(broker.reason)}。`,
    'listener-down': ({ of }, named, { listeners }) =>
      `经由 ${named} 收不到消息${because(listeners.find(({ name }) => of.includes(name))?.reason ?? null)}。`,
    'certificate-ends': ({ of }, named, { listeners }) => {
      const left = listeners.flatMap(({ name, certificate }) =>
        certificate !== null && of.includes(name) ? certificate.remainingDays : [],
      );
      const days = Math.floor(Math.min(...left));
      if (left.length === 0) return `${named} 使用的证书即将到期。`;
      return `${named} 使用的证书${days < 0 ? '已经过期' : days === 0 ? '将在一天之内到期' : `还有 ${days} 天到期`}。`;
    },
    'certificate-differs': (_, named) => `${named} 使用的证书不是所部署的证书。`,
    'devices-silent': ({ count }, named) => `${count} 台设备离线的时间超过其角色所允许的时间：${named}。`,
    'fleet-gone': ({ count }) => `最近一小时内断开了 ${count} 个客户端，超过总数的一半。`,
    'contested-client-id': (_, named) => `有多个客户端使用客户端 ID ${named}，并互相挤下线。`,
    'messages-dropped': ({ count }) => `最近 15 分钟内丢弃了 ${count} 条消息。`,
    'refused-logins': ({ count }) => `最近 15 分钟内拒绝了 ${count} 次登录。`,
    'queue-filling': ({ count }) => `有 ${count} 条消息在等待离线或缓慢的客户端；队列满后，多出的消息会被丢弃。`,
    'disk-filling': (_, __, { disk }) => `代理数据所在的磁盘还剩 ${wholePercent(disk.freeBytes, disk.diskBytes)}。`,
    'memory-near-limit': (_, __, { memory }) =>
      `代理已使用 ${wholePercent(memory.bytes, memory.limitBytes)} 的内存；达到 100% 时会拒绝新消息。`,
    'proof-failed': ({ count }, named, { proof }) =>
      `最近一次证明的 ${proof?.checks ?? count} 项检查中有 ${count} 项未通过：${named}。`,
    'proof-old': (_, __, { proof, time }) =>
      proof === null
        ? '代理从未被证明。'
        : `最近一次证明是在 ${Math.floor((Date.parse(time) - Date.parse(proof.time)) / 3_600_000)} 小时前。`,
  },
  andMore: (names, more) => (names === '' ? `其中 ${more} 个` : `${names} 等，另有 ${more} 个`),
  separator: '、',
  run: '接下来运行',
  copy: '复制',
  copied: '已复制',
  tiles: { connections: '连接', devices: '设备', memory: '内存', disk: '磁盘', proof: '最近一次证明' },
  of: (value, limit) => `${value} / ${limit}`,
  outOf: (limit) => `/ ${limit}`,
  unknown: '未知',
  silentDevices: (count) => `${count} 台离线过久`,
  noneSilent: '没有离线过久的设备',
  noDevices: '没有声明任何设备。',
  database: (bytes) => `数据库 ${bytes}`,
  free: (bytes) => `剩余 ${bytes}`,
  checksHold: (count) => `${count} 项检查全部通过`,
  checksFailed: (failed, count) => `${count} 项检查中有 ${failed} 项未通过`,
  neverProved: '从未证明',
  chartNames: {
    connected: '已连接的客户端',
    messages: '消息',
    bytes: '字节',
    roundTrip: '往返时间',
    refused: '被拒绝的登录',
    dropped: '被丢弃的消息',
  },
  seriesNames: {
    connected: '已连接',
    messagesReceived: '接收',
    messagesSent: '发送',
    bytesReceived: '接收',
    bytesSent: '发送',
    refusedLogins: '拒绝',
    dropped: '丢弃',
    roundTripMilliseconds: '最慢的监听器',
  },
  perSecond: '每秒',
  inStep: (duration) => `每 ${duration}`,
  now: '现在',
  chartSays: (name, values) => `${name}，最近一天：${values}`,
  most: (value) => `最高 ${value}`,
  columns: {
    listener: '监听器',
    port: '端口',
    state: '状态',
    roundTrip: '往返时间',
    certificate: '证书',
    device: '设备',
    since: '自何时起',
    address: '地址',
    role: '角色',
    account: '账户',
    connections: '连接数',
  },
  answers: '应答正常',
  noAnswer: '没有应答',
  noCertificate: '无 TLS',
  days: (days) => `还有 ${days} 天`,
  ended: '已经过期',
  until: (date) => `${date} 到期`,
  matches: '与部署的一致',
  differs: '与部署的不同',
  connected: '已连接',
  away: '离线',
  awaySilent: '离线过久',
  notSeen: '未知',
  shownOf: (shown, all) => `共 ${all} 台设备，列出 ${shown} 台，离线过久的排在最前。`,
  showAll: (count) => `显示全部 ${count} 台`,
  showFewer: '收起',
  noMatch: '没有匹配的设备。',
  none: '无。',
  countedNames: {
    refusedLogins: '被拒绝的登录',
    takeovers: '客户端 ID 被抢占',
    protocolErrors: '协议错误',
    keepaliveEvictions: '因无响应被断开的客户端',
    dropped: '被丢弃的消息',
  },
  deployed: '部署时间',
  digest: '配置',
  proved: '证明时间',
  result: '结果',
  notKnownWhileDown: '代理没有应答时无法得知。',
};

export const words: Readonly<Record<Language, Words>> = { en: english, zh: chinese };

/** The language of a reader who has not chosen one. */
export function preferred(wanted: readonly string[]): Language {
  const known = wanted.map((tag) => tag.toLowerCase().split('-')[0]);
  return languages.find((language) => language === known.find((each) => languages.some((own) => own === each))) ?? 'en';
}
