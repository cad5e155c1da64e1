package io.trueup.attach;

import io.trueup.source.canonical.ValueForm;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.common.config.TopicConfig;

/**
 * What follows from the samples of topics that should be equal: remarks, and the settings of a job that compares them. Immutable.
 *
 * @param remarks in the order of the topics, those about several topics last
 * @param settings settings of the job that the samples decide, by key
 * @param needsRegistry whether the job needs the schema registry to read the topics
 */
public record Assessment(List<Remark> remarks, Map<String, String> settings, boolean needsRegistry) {

    /** The job keeps deletes that long, unless it is configured otherwise. */
    private static final Duration TOMBSTONE_RETENTION = Duration.ofDays(7);

    private static final String UNLIMITED = "-1";

    /**
     * Assesses the topics of at least two replicas.
     *
     * @param source the replica that is right; empty: to be proposed
     */
    public static Assessment of(List<SampledTopic> topics, Optional<String> source) {
        Draft draft = new Draft(topics);
        topics.forEach(draft::assess);
        boolean partitioned = draft.comparePartitionCounts();
        for (SampledTopic other : topics.subList(1, topics.size())) {
            draft.compareKeys(topics.get(0), other, partitioned);
        }
        draft.decide(source);
        return new Assessment(
                List.copyOf(draft.remarks),
                Map.copyOf(draft.settings),
                topics.stream().anyMatch(SampledTopic::needsRegistry));
    }

    /** Whether the topics can be compared. */
    public boolean isFit() {
        return remarks.stream().noneMatch(remark -> remark.level() == Remark.Level.UNFIT);
    }

    /** Collects remarks and settings. */
    private static final class Draft {

        private final List<SampledTopic> topics;
        private final List<Remark> remarks = new ArrayList<>();
        private final Map<String, String> settings = new TreeMap<>();
        private ValueForm form = ValueForm.BYTES;
        private boolean areSameBytes;

        Draft(List<SampledTopic> topics) {
            this.topics = topics;
        }

        void assess(SampledTopic topic) {
            String name = topic.name();
            if (topic.records() == 0) {
                remarks.add(Remark.unfit(
                        name,
                        "There is no committed record in it. A replica without any key would be filled from the others:"
                                + " check the name of the topic."));
                return;
            }
            remarks.add(Remark.ok(name, topic.state().partitions() + " partitions, " + format(topic)));
            assessKeys(topic);
            assessValues(topic);
            assessTimes(topic);
            assessRetention(topic);
            topic.openTransactions()
                    .forEach(open -> remarks.add(Remark.note(
                            name,
                            "Partition " + open.partition() + " has a transaction that is open since offset "
                                    + open.start()
                                    + " (producer id " + open.producerId()
                                    + "). What follows it cannot be read until it ends; rounds wait for it.")));
        }

        private static String format(SampledTopic topic) {
            String sampled = " (" + topic.records() + " records sampled)";
            if (topic.isTrueup()) {
                return "write events in the format trueup" + sampled;
            }
            if (topic.hasEnvelopes()) {
                return "change events of Debezium" + (topic.hasEnvelopesInAvro() ? " in Avro" : "") + sampled;
            }
            if (topic.isOfRegistry()) {
                return "plain records of Avro, by schemas of the registry" + sampled;
            }
            return "plain records" + (topic.isJson() ? " of JSON documents" : "")
                    + (topic.isVersioned() ? " with versions in headers" : "") + sampled;
        }

        private void assessKeys(SampledTopic topic) {
            if (topic.withoutKey() == topic.records()) {
                remarks.add(Remark.unfit(
                        topic.name(),
                        "No record has a key. Entries are compared by key: the writer must set record keys."));
            } else if (topic.withoutKey() > 0) {
                remarks.add(Remark.note(
                        topic.name(),
                        topic.withoutKey() + " of " + topic.records()
                                + " records have no key. They would go to the dead-letter topic."));
            }
            if (topic.otherPartition() > 0) {
                remarks.add(Remark.note(
                        topic.name(),
                        topic.otherPartition() + " of " + topic.records()
                                + " records are not in the partition that Kafka's default partitioner chooses. That is right as"
                                + " long as each key is in the same partition of all topics. Repairs are sent to the"
                                + " partition of the write event."));
            }
        }

        private void assessValues(SampledTopic topic) {
            if (topic.isMixed()) {
                remarks.add(
                        Remark.unfit(
                                topic.name(),
                                "Some values are write events in the format trueup, others are not. A topic needs one format."));
            }
            if (topic.unreadable() > 0) {
                String text = topic.unreadable() + " change events cannot be read. One of them: " + topic.reason()
                        + ". A job that repairs would end there; one that observes sends them to the dead-letter topic.";
                remarks.add(
                        topic.unreadable() == topic.records()
                                ? Remark.unfit(topic.name(), text)
                                : Remark.note(topic.name(), text));
            }
            if (topic.isMoving()) {
                remarks.add(Remark.note(
                        topic.name(),
                        "Some write events begin with the id of a schema in a registry: the topic is being moved. Add"
                                + " schema.registry.url to the configuration, or they go to the dead-letter topic."));
            } else if (topic.withoutSchema() > 0) {
                remarks.add(Remark.note(
                        topic.name(),
                        topic.withoutSchema() + " of " + topic.records()
                                + " records begin with the id of a schema and cannot be read by it. One of them: "
                                + topic.reason() + ". With value.canonical=avro they go to the dead-letter topic."));
            } else if (topic.isInConfluentFormat() && !topic.isOfRegistry()) {
                remarks.add(Remark.note(
                        topic.name(),
                        "The values begin with the id of a schema in a registry. Their bytes are compared, so a row that was"
                                + " written with another schema or from another registry differs. Name the registry in"
                                + " --command-config (schema.registry.url): then they are read as records, or as write"
                                + " events of Trueup."));
            }
        }

        private void assessTimes(SampledTopic topic) {
            if (topic.withoutTimestamp() > 0 && !topic.isTrueup()) {
                remarks.add(Remark.unfit(
                        topic.name(),
                        topic.withoutTimestamp() + " of " + topic.records()
                                + " records have no timestamp, so nothing says on which side of a cut they lie."));
            }
            if (topic.ahead() > 0) {
                remarks.add(Remark.note(
                        topic.name(),
                        topic.ahead() + " of " + topic.records()
                                + " records have a timestamp more than a minute ahead of the clock of this machine. Such a write"
                                + " is compared once it is in the past. Check the clocks."));
            }
            boolean appendTime = "LogAppendTime".equals(topic.setting(TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG));
            if (appendTime && !topic.isVersioned()) {
                remarks.add(Remark.note(
                        topic.name(),
                        "Timestamps are the broker's (LogAppendTime): they say when a record was appended, and are no versions."
                                + " Only values are compared."));
            }
        }

        private void assessRetention(SampledTopic topic) {
            String policy = topic.setting(TopicConfig.CLEANUP_POLICY_CONFIG);
            if (policy == null) {
                remarks.add(Remark.note(
                        topic.name(),
                        "Its configuration may not be read. Grant the ACL operation DescribeConfigs on it; the job needs it,"
                                + " too."));
                return;
            }
            String retention = topic.setting(TopicConfig.RETENTION_MS_CONFIG);
            if (policy.contains(TopicConfig.CLEANUP_POLICY_DELETE) && !UNLIMITED.equals(retention)) {
                remarks.add(Remark.note(
                        topic.name(),
                        "Records are deleted after " + days(retention)
                                + " (retention.ms). Keys that are not written again within that time are unknown to a job that"
                                + " reads the topic later. Set cleanup.policy=compact, or retention.ms=-1."));
            }
            String tombstones = topic.setting(TopicConfig.DELETE_RETENTION_MS_CONFIG);
            if (policy.contains(TopicConfig.CLEANUP_POLICY_COMPACT)
                    && tombstones != null
                    && Long.parseLong(tombstones) < TOMBSTONE_RETENTION.toMillis()) {
                remarks.add(Remark.note(
                        topic.name(),
                        "Compaction keeps deletes for " + days(tombstones)
                                + " (delete.retention.ms), the job for 7 days. If the state of the job is lost, older deletes"
                                + " are unknown, and a person is asked about such keys. Set delete.retention.ms="
                                + TOMBSTONE_RETENTION.toMillis() + "."));
            }
        }

        private static String days(String ms) {
            Duration time = Duration.ofMillis(Long.parseLong(ms));
            return time.toDays() > 0 ? time.toDays() + " d" : time.toSeconds() + " s";
        }

        boolean comparePartitionCounts() {
            List<Integer> counts = topics.stream()
                    .map(topic -> topic.state().partitions())
                    .distinct()
                    .toList();
            if (counts.size() > 1) {
                remarks.add(Remark.unfit(
                        names(topics),
                        "The topics have "
                                + counts.stream()
                                        .map(String::valueOf)
                                        .reduce((a, b) -> a + " and " + b)
                                        .get()
                                + " partitions. A key must have the same partition in all topics: copy the records into a"
                                + " topic with as many partitions."));
            }
            return counts.size() == 1;
        }

        void compareKeys(SampledTopic a, SampledTopic b, boolean partitioned) {
            if (a.records() == 0 || b.records() == 0) {
                return;
            }
            String names = names(List.of(a, b));
            int common = 0;
            int elsewhere = 0;
            String example = null;
            for (Map.Entry<ByteBuffer, SampledTopic.Held> key : a.latest().entrySet()) {
                SampledTopic.Held other = b.latest().get(key.getKey());
                common += other == null ? 0 : 1;
                if (other != null && other.partition() != key.getValue().partition()) {
                    elsewhere++;
                    example = shown(key.getKey()) + " is in partition "
                            + key.getValue().partition() + " of " + a.name() + " and in " + other.partition() + " of "
                            + b.name();
                }
            }
            if (common == 0) {
                remarks.add(Remark.note(
                        names,
                        "No key of the sample is in both topics. If the topics hold the same dataset, sample more"
                                + " (--sample); otherwise check their names."));
                return;
            }
            if (elsewhere > 0 && partitioned) {
                remarks.add(Remark.unfit(
                        names,
                        elsewhere + " of " + common + " keys are in different partitions: " + example
                                + ". The writers use different partitioners"
                                + (a.hasEnvelopesInAvro() || b.hasEnvelopesInAvro()
                                        ? ", or keys in Avro contain different ids of schemas: let all connectors"
                                                + " register the same schema of keys (SetSchemaMetadata$Key)."
                                        : ".")));
            }
            compareValues(a, b, names);
        }

        private void compareValues(SampledTopic a, SampledTopic b, String names) {
            if (a.isTrueup() || b.isTrueup()) {
                return;
            }
            ValueComparison compared = ValueComparison.of(a, b);
            if (compared.pairs() == 0) {
                return;
            }
            areSameBytes |= 2 * compared.equalBytes() > compared.pairs();
            String sampled = " of " + compared.pairs() + " values that both samples have";
            if (compared.form().kind() == ValueForm.Kind.NONE) {
                remarks.add(Remark.ok(names, compared.equalBytes() + sampled + " are the same bytes."));
                return;
            }
            form = merged(form, compared.form());
            String ignored = String.join(
                    ", ",
                    compared.form().ignored().stream().map(Object::toString).toList());
            remarks.add(Remark.note(
                    names,
                    compared.equalBytes() + sampled + " are the same bytes, and " + compared.equalInForm()
                            + " are the same " + (form.kind() == ValueForm.Kind.AVRO ? "records" : "JSON documents")
                            + (ignored.isEmpty()
                                    ? ". value.canonical=" + form.kind().label() + " is proposed."
                                    : ", if these members are left out: " + ignored
                                            + ". value.ignore is proposed; remove from it what is data.")));
        }

        private static ValueForm merged(ValueForm a, ValueForm b) {
            List<String> ignored = new ArrayList<>();
            a.ignored().forEach(pointer -> ignored.add(pointer.toString()));
            b.ignored().forEach(pointer -> ignored.add(pointer.toString()));
            return ValueForm.of(b.kind().label(), ignored);
        }

        private static String writesFormat(SampledTopic topic, String label) {
            if (!topic.hasEnvelopes()) {
                return label;
            }
            return topic.hasEnvelopesInAvro() ? "debezium-avro" : "debezium-json";
        }

        void decide(Optional<String> source) {
            boolean versions = topics.stream().allMatch(SampledTopic::isVersioned);
            for (SampledTopic topic : topics) {
                String prefix = "replica." + topic.replica() + ".";
                String label = topic.isTrueup() ? "trueup" : "plain";
                settings.put(prefix + "writes.topic", topic.name());
                settings.put(prefix + "writes.format", writesFormat(topic, label));
                settings.put(prefix + "repairs.format", label);
                form = topic.hasEnvelopes() && form.kind() == ValueForm.Kind.NONE
                        ? ValueForm.of(ValueForm.Kind.JSON.label(), List.of())
                        : form;
            }
            settings.put("compare", versions ? "version" : "value");
            boolean areRecords = topics.stream().allMatch(SampledTopic::isOfRegistry);
            if (areRecords && !areSameBytes && form.kind() == ValueForm.Kind.NONE) {
                form = ValueForm.of(ValueForm.Kind.AVRO.label(), List.of());
            }
            if (form.kind() != ValueForm.Kind.NONE) {
                settings.put("value.canonical", form.kind().label());
                if (!form.ignored().isEmpty()) {
                    settings.put(
                            "value.ignore",
                            String.join(
                                    ", ",
                                    form.ignored().stream()
                                            .map(Object::toString)
                                            .toList()));
                }
            }
            Optional<String> right = versions
                    ? source
                    : source.or(() -> Optional.of(topics.get(0).replica()));
            settings.put("resolution", right.map(name -> "primary:" + name).orElse("latest"));
            right.ifPresent(name -> {
                settings.put("replica." + name + ".role", "source");
                settings.remove("replica." + name + ".repairs.format");
            });
            if (!versions) {
                String name = right.orElseThrow();
                remarks.add(Remark.note(
                        names(topics),
                        "The records have no version that is the same in all topics, so only values are compared"
                                + " (compare=value), and a replica must be right: "
                                + (source.isPresent()
                                        ? name
                                        : name + ", the first that was named; --source names another")
                                + "."));
            }
        }

        private static String names(List<SampledTopic> topics) {
            return String.join(", ", topics.stream().map(SampledTopic::name).toList());
        }

        private static String shown(ByteBuffer key) {
            String text = StandardCharsets.UTF_8.decode(key.duplicate()).toString();
            boolean printable = text.codePoints().allMatch(c -> c >= ' ' && c != 0xFFFD && c != 0x7F);
            return printable ? "'" + text + "'" : "key of " + key.remaining() + " bytes";
        }
    }
}
