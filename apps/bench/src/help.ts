export const help: string = `Measures MQTT brokers: CPU per delivered message, latency, memory.

wellhead-bench run <case> [options]       one case against one broker
  --broker wellhead|wellhead-disk|mosquitto|aedes (wellhead)
  --publishers N --subscribers N --count N --window N --rate N --qos 0|1|2 --size BYTES
  --mqtt 3.1.1|5 --properties --subscription-id --topic-alias --durable
  --transport tcp|tls|ws, --tls, --ws
  --json                                  figures as JSON

wellhead-bench compare [options]          our broker and others, interleaved
  --peers wellhead-disk,mosquitto,aedes   or none
  --scenarios SET|CASE[,…]                (quick)
  --rounds N                              medians of N rounds (1)
  --json FILE --html FILE --markdown FILE where to write what was found

wellhead-bench report FILE.json           the reports of an earlier comparison
  --html FILE --markdown FILE

wellhead-bench list                       sets, cases and scenarios

For run and compare: --seconds S to measure (2), --warm-up S before (1), and
eight times as long in cases at a fixed rate.
A case is a scenario, alone or with its numbers: p2p, p2p-10-10-w1, tls-fanout-1-1K-w5-q1-256b.
`;
