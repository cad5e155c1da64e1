package io.trueup.ops.key;

import io.trueup.avro.RecordCodec;
import io.trueup.avro.RecordCodecs;
import io.trueup.command.ConflictsTopicReader;
import io.trueup.command.OpenConflict;
import io.trueup.config.TrueupConfig;
import io.trueup.ops.key.TailReader.Source;
import io.trueup.ops.rounds.DatasetRounds;
import io.trueup.reconcile.settings.Settings;
import io.trueup.registry.ConfiguredCodecs;
import io.trueup.report.ConflictKey;
import io.trueup.schema.ConflictEvent;
import io.trueup.schema.RoundReport;
import io.trueup.tree.KeyedHash;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Reads what the topics of the dataset say about one key: the writes topics, the repairs topics and the control topics in the partition of
 * the key, and the conflicts topic; of each only the latest records. What rounds have found is taken from the reports that are kept in
 * memory. Each request opens connections of its own and closes them. It asks no reconciler and touches no state store. Waits for brokers.
 * Thread-safe.
 */
public final class KeyReader {

    /** The number of offsets that are read of each partition, at most. */
    public static final int MAX_RECORDS = TailReader.MAX_RECORDS;
    /** The size of the records that are read of each partition, at most, apart from the last ones. */
    public static final long MAX_BYTES = TailReader.MAX_BYTES;
    /** The number of lines, at most. */
    public static final int MAX_LINES = 200;

    /** No more records are read after this time. */
    public static final Duration TIME = TailConsumer.TIME;

    private final Supplier<TrueupConfig> config;

    /** @param config the configuration in force */
    public KeyReader(Supplier<TrueupConfig> config) {
        this.config = config;
    }

    /**
     * Reads.
     *
     * @param partition the partition of the key
     * @param rounds the reports of rounds
     * @throws org.apache.kafka.common.KafkaException if the brokers do not answer
     * @throws io.trueup.avro.RegistryUnavailableException if a schema registry does not
     * @throws io.trueup.avro.SchemaRefusedException if a schema registry refuses
     */
    public KeyView read(byte[] key, int partition, DatasetRounds rounds) {
        TrueupConfig current = config.get();
        try (RecordCodecs codecs = ConfiguredCodecs.open(current.registry(), TailConsumer.BROKER_TIMEOUT);
                TailConsumer opened = TailConsumer.open(current, "key")) {
            return read(current, key, partition, rounds, codecs, opened.consumer());
        }
    }

    static KeyView read(
            TrueupConfig config,
            byte[] key,
            int partition,
            DatasetRounds rounds,
            RecordCodecs codecs,
            Consumer<byte[], byte[]> consumer) {
        Settings settings = config.settings(config.replicas().get(0));
        KeyedHash hash = new KeyedHash(settings.secret());
        String hashText = hash.key(key).toString();
        int segment = rounds.segment(hashText).orElseThrow();
        List<ConsumerRecord<byte[], byte[]>> conflictRecords = new ArrayList<>();
        List<Source<KeyEvent>> sources =
                new ArrayList<>(new KeyRecords(config, codecs, key, partition, hash, segment).sources());
        sources.add(conflicts(config, key, partition, conflictRecords));
        TailReader.Result<KeyEvent> result = new TailReader<KeyEvent>(consumer, TIME, System::nanoTime).read(sources);
        List<KeyEvent> events = result.read().stream()
                .sorted(Comparator.comparingLong(event -> event.place().timeMs()))
                .toList();
        List<KeyFinding> findings = findings(rounds, partition, hashText);
        List<Holding> holdings =
                Holdings.of(config.owners(partition), events, wholeWrites(config, partition, result.ranges()));
        Optional<OpenConflict> conflict = conflict(config, codecs, key, partition, conflictRecords);
        long nowMs = System.currentTimeMillis();
        List<KeyLine> lines = KeyTimeline.of(events, findings);
        int older = Math.max(0, lines.size() - MAX_LINES);
        return new KeyView(
                key,
                partition,
                segment,
                nowMs,
                new Judge(settings, holdings, events, findings, conflict, nowMs).verdict(),
                holdings,
                conflict,
                List.copyOf(lines.subList(older, lines.size())),
                older,
                result.ranges());
    }

    /** Notes the records of the key, which are few: one for each replica that reports a conflict, sent again and again. */
    private static Source<KeyEvent> conflicts(
            TrueupConfig config, byte[] key, int partition, List<ConsumerRecord<byte[], byte[]>> into) {
        return new Source<>(config.conflictsTopic(), count -> partition % count, record -> {
            if (record.key() != null
                    && Arrays.equals(ConflictKey.decode(record.key()).key(), key)) {
                into.add(record);
            }
            return null;
        });
    }

    private static Optional<OpenConflict> conflict(
            TrueupConfig config,
            RecordCodecs codecs,
            byte[] key,
            int partition,
            List<ConsumerRecord<byte[], byte[]>> records) {
        RecordCodec<ConflictEvent> codec = codecs.of(ConflictEvent.class);
        ConflictsTopicReader conflicts = new ConflictsTopicReader(config.dataset(), codec);
        records.sort(Comparator.comparingLong(ConsumerRecord::offset));
        records.forEach(conflicts::take);
        return conflicts.conflicts().stream()
                .filter(open -> open.partition() == partition && Arrays.equals(open.key(), key))
                .findFirst();
    }

    private static List<String> wholeWrites(TrueupConfig config, int partition, List<ReadRange> ranges) {
        return config.owners(partition).stream()
                .filter(owner -> ranges.stream()
                        .anyMatch(range ->
                                range.topic().equals(config.replica(owner).writesTopic()) && range.isAll()))
                .toList();
    }

    private static List<KeyFinding> findings(DatasetRounds rounds, int partition, String hashText) {
        List<RoundReport> reports = rounds.latest(
                report -> report.getPartition() == partition
                        && report.getSample().stream()
                                .anyMatch(key -> key.getKeyHash().equals(hashText)),
                DatasetRounds.MAX_REPORTS);
        List<RoundReport> inOrder = new ArrayList<>(reports);
        Collections.reverse(inOrder);
        return inOrder.stream().flatMap(report -> findings(report, hashText)).toList();
    }

    private static Stream<KeyFinding> findings(RoundReport report, String hashText) {
        return report.getSample().stream()
                .filter(key -> key.getKeyHash().equals(hashText))
                .map(key -> new KeyFinding(report, key));
    }
}
