package io.trueup.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.audit.result.DivergentKey;
import io.trueup.audit.result.PartitionSummary;
import io.trueup.avro.RecordCodecs;
import io.trueup.avro.SingleObjectCodec;
import io.trueup.reconcile.rule.Divergence;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.rule.SettledComparison;
import io.trueup.reconcile.settings.Settings;
import io.trueup.schema.ScanEvent;
import io.trueup.schema.ScanMarker;
import io.trueup.schema.ScanMarkerKind;
import io.trueup.schema.WriteEvent;
import io.trueup.topic.Cluster;
import io.trueup.topic.GapCause;
import io.trueup.topic.OffsetRange;
import io.trueup.topic.RecordSource;
import io.trueup.tree.Entry;
import io.trueup.tree.EntryDigest;
import io.trueup.tree.Hash128;
import io.trueup.tree.KeyedHash;
import io.trueup.tree.MerkleTree;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;

/** An audit of random histories finds what a naive replay of the same records finds, however little memory it has. */
class AuditPropertyTest {

    private static final byte[] SECRET = "a secret of this test".getBytes(UTF_8);
    private static final List<String> REPLICAS = List.of("ap", "eu", "us");
    private static final int BITS = 4;
    private static final SingleObjectCodec<SpecificRecord> CODEC =
            SingleObjectCodec.anyOf(List.of(WriteEvent.class, ScanEvent.class, ScanMarker.class), List.of());

    /** A record in the terms of this test. */
    private record Said(long timeMs, long offset, String kind, String key, Held held, long since, long rows) {}

    private record Held(long version, boolean deleted, String value, long expiryMs, long offset) {

        boolean liveAt(long ms) {
            return !deleted && expiryMs > ms;
        }

        boolean says(Held other) {
            return version == other.version
                    && deleted == other.deleted
                    && expiryMs == other.expiryMs
                    && Objects.equals(value, other.value);
        }
    }

    @Property(tries = 80)
    void shouldFindWhatANaiveReplayFinds(@ForAll long seed) {
        check(seed, false);
    }

    @Property(tries = 40)
    void shouldFindWhatANaiveReplayFindsWhereTimestampsAreOutOfOrder(@ForAll long seed) {
        check(seed, true);
    }

    @Example
    void shouldFindDivergencesInRandomHistoriesAtAll() {
        long found = 0;
        long scanned = 0;
        for (int seed = 0; seed < 20; seed++) {
            found += check(seed, false);
            scanned += histories(new SplittableRandom(seed), false).stream()
                    .flatMap(List::stream)
                    .filter(said -> said.kind().equals("end"))
                    .count();
        }
        assertThat(found).isGreaterThan(20);
        assertThat(scanned).isGreaterThan(4);
    }

    private static int check(long seed, boolean unordered) {
        SplittableRandom random = new SplittableRandom(seed);
        List<List<Said>> logs = histories(random, unordered);
        long moment = random.nextInt(40, 260);
        boolean past = random.nextBoolean();
        long atMs = past ? moment : Math.max(moment, lastMs(logs));
        long settleMs = random.nextBoolean() ? 0 : random.nextInt(100);
        RecordBound bound = new RecordBound(atMs, past ? atMs : Long.MAX_VALUE, settleMs);
        long memoryBytes = random.nextBoolean() ? 1 << 20 : 1_500;
        PartitionAudit audit = new PartitionAudit(
                sources(logs),
                0,
                settings(),
                RecordCodecs.embedded(),
                bound,
                key -> true,
                false,
                memoryBytes,
                Integer.MAX_VALUE,
                (ranges, sink) -> read(logs, sink),
                offsets -> {},
                new Caveats());

        audit.compare();
        List<DivergentKey> described = new ArrayList<>();
        audit.describe(audit.divergent(), described::add);

        List<Map<String, Held>> states =
                logs.stream().map(log -> replay(counted(log, bound))).toList();
        Set<String> differing = keys(logs).stream()
                .filter(key -> differs(states, key, atMs))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(described.stream().map(key -> new String(key.key(), UTF_8)).collect(Collectors.toSet()))
                .as("seed %d, memory %d", seed, memoryBytes)
                .isEqualTo(differing);
        assertThat(audit.divergent()).doesNotHaveDuplicates();
        for (DivergentKey key : described) {
            checkEntries(seed, key, states);
            if (!unordered) {
                checkOrigin(seed, key, logs, bound);
                checkInFlight(seed, key, logs, bound);
            }
        }
        List<PartitionSummary> summaries = audit.summaries(true);
        for (int i = 0; i < REPLICAS.size(); i++) {
            assertThat(summaries.get(i).keys())
                    .as("seed %d", seed)
                    .isEqualTo(states.get(i).values().stream()
                            .filter(held -> held.liveAt(atMs))
                            .count());
            assertThat(summaries.get(i).root().orElseThrow())
                    .as("seed %d", seed)
                    .isEqualTo(root(states.get(i), atMs));
        }
        return described.size();
    }

    /** The latest state is that of a time at which everything is written. */
    private static long lastMs(List<List<Said>> logs) {
        return logs.stream().flatMap(List::stream).mapToLong(Said::timeMs).max().orElse(0);
    }

    private static void checkEntries(long seed, DivergentKey key, List<Map<String, Held>> states) {
        String text = new String(key.key(), UTF_8);
        for (int i = 0; i < REPLICAS.size(); i++) {
            Held held = states.get(i).get(text);
            Optional<DivergentKey.Entry> entry = key.entries().get(REPLICAS.get(i));
            assertThat(entry.isPresent()).as("seed %d, %s", seed, text).isEqualTo(held != null);
            if (held != null) {
                assertThat(entry.get().version()).as("seed %d, %s", seed, text).isEqualTo(held.version());
                assertThat(entry.get().place().offset())
                        .as("seed %d, %s", seed, text)
                        .isEqualTo(held.offset());
            }
        }
    }

    /** The origin is found by replaying every prefix of the merged logs from the start. */
    private static void checkOrigin(long seed, DivergentKey key, List<List<Said>> logs, RecordBound bound) {
        String text = new String(key.key(), UTF_8);
        record Event(int replica, Said said) {}
        List<Event> events = new ArrayList<>();
        for (int i = 0; i < logs.size(); i++) {
            for (Said said : counted(logs.get(i), bound)) {
                events.add(new Event(i, said));
            }
        }
        events.sort(Comparator.comparingLong((Event event) -> event.said().timeMs())
                .thenComparingInt(Event::replica)
                .thenComparingLong(event -> event.said().offset()));
        long firstMs = -1;
        Cause cause = null;
        List<List<Said>> prefix = new ArrayList<>();
        logs.forEach(log -> prefix.add(new ArrayList<>()));
        int next = 0;
        for (long ms = 0; ms <= bound.atMs() || next < events.size(); ms++) {
            long nowMs = Math.min(ms, bound.atMs());
            List<Map<String, Held>> states =
                    prefix.stream().map(AuditPropertyTest::replay).toList();
            boolean before = differs(states, text, nowMs);
            if (before && firstMs < 0) {
                cause = expiredAt(states, text, nowMs);
            }
            firstMs = before ? (firstMs < 0 ? ms : firstMs) : -1;
            while (next < events.size() && events.get(next).said().timeMs() <= ms) {
                Event event = events.get(next++);
                prefix.get(event.replica()).add(event.said());
                boolean after =
                        differs(prefix.stream().map(AuditPropertyTest::replay).toList(), text, nowMs);
                if (after && firstMs < 0) {
                    cause = new Cause(
                            REPLICAS.get(event.replica()), event.said().offset(), false);
                }
                firstMs = after ? (firstMs < 0 ? ms : firstMs) : -1;
            }
        }
        DivergentKey.Since since = key.since();
        assertThat(since.timeMs()).as("seed %d, %s", seed, text).isEqualTo(firstMs);
        assertThat(new Cause(since.replica(), since.place().offset(), since.byExpiry()))
                .as("seed %d, %s", seed, text)
                .isEqualTo(cause);
        assertThat(since.place().topic()).isEqualTo("writes." + since.replica());
        assertThat(since.place().partition()).isZero();
    }

    /** The record after which replicas differ. */
    private record Cause(String replica, long offset, boolean byExpiry) {}

    /**
     * A replica is compared as it is now with the others as they were at the settle time. No write in flight explains two values of
     * one version.
     */
    private static void checkInFlight(long seed, DivergentKey key, List<List<Said>> logs, RecordBound bound) {
        String text = new String(key.key(), UTF_8);
        SettledComparison comparison = new SettledComparison(settings(), REPLICAS);
        long settledMs = bound.atMs() - bound.settleMs();
        List<EntrySummary> now = logs.stream()
                .map(log -> summary(replay(counted(log, bound)).get(text)))
                .toList();
        List<EntrySummary> then = logs.stream()
                .map(log -> summary(replay(log.stream()
                                .filter(said -> said.timeMs() <= settledMs)
                                .toList())
                        .get(text)))
                .toList();
        boolean lasting = false;
        for (int i = 0; i < REPLICAS.size(); i++) {
            TreeMap<String, EntrySummary> entries = new TreeMap<>();
            for (int j = 0; j < REPLICAS.size(); j++) {
                entries.put(REPLICAS.get(j), i == j ? now.get(j) : then.get(j));
            }
            String target = REPLICAS.get(i);
            TreeMap<String, EntrySummary> all = new TreeMap<>();
            for (int j = 0; j < REPLICAS.size(); j++) {
                all.put(REPLICAS.get(j), now.get(j));
            }
            boolean differs = comparison.differences(bound.atMs(), all).stream()
                    .anyMatch(found -> List.of(found.target().split(",", -1)).contains(target));
            lasting |= differs
                    && !comparison.equal(settledMs, entries)
                    && comparison.differences(settledMs, entries).stream()
                            .anyMatch(found ->
                                    List.of(found.target().split(",", -1)).contains(target));
            lasting |= comparison.differences(bound.atMs(), all).stream()
                    .anyMatch(found -> found.kind() == Divergence.CORRUPT);
        }
        lasting &= key.since().timeMs() <= settledMs;
        assertThat(key.isInFlight())
                .as("seed %d, %s, settle %d", seed, text, bound.settleMs())
                .isEqualTo(!lasting);
        assertThat(bound.settleMs() == 0 && key.isInFlight()).isFalse();
    }

    private static EntrySummary summary(Held held) {
        KeyedHash hash = new KeyedHash(SECRET);
        return held == null
                ? null
                : new EntrySummary(
                        hash.key("any".getBytes(UTF_8)),
                        held.version(),
                        1,
                        1,
                        held.expiryMs(),
                        held.deleted(),
                        held.value() == null
                                ? Hash128.ZERO
                                : hash.value(held.value().getBytes(UTF_8)));
    }

    /** The first replica in order whose entry expires at this moment. */
    private static Cause expiredAt(List<Map<String, Held>> states, String key, long ms) {
        for (int i = 0; i < states.size(); i++) {
            Held held = states.get(i).get(key);
            if (held != null && !held.deleted() && held.expiryMs() == ms) {
                return new Cause(REPLICAS.get(i), held.offset(), true);
            }
        }
        return null;
    }

    private static List<Said> counted(List<Said> log, RecordBound bound) {
        return log.stream().filter(said -> bound.includes(said.timeMs())).toList();
    }

    private static boolean differs(List<Map<String, Held>> states, String key, long atMs) {
        Set<String> seen = new HashSet<>();
        for (Map<String, Held> state : states) {
            Held held = state.get(key);
            seen.add(
                    held == null || !held.liveAt(atMs)
                            ? "nothing"
                            : held.version() + " " + held.expiryMs() + " " + held.value());
        }
        return seen.size() > 1;
    }

    /** The rules of scans as the schemas define them, on plain maps. */
    private static Map<String, Held> replay(List<Said> log) {
        Map<String, Held> state = new TreeMap<>();
        long scan = -1;
        Set<String> found = new HashSet<>();
        for (Said said : log) {
            switch (said.kind()) {
                case "write" -> state.put(said.key(), said.held());
                case "start" -> {
                    scan = said.offset();
                    found.clear();
                }
                case "row" -> {
                    if (said.since() == scan) {
                        found.add(said.key());
                    }
                    Held old = state.get(said.key());
                    if (old == null || old.offset() <= said.since() && !old.says(said.held())) {
                        state.put(said.key(), said.held());
                    }
                }
                case "end" -> {
                    if (said.since() == scan && found.size() == said.rows()) {
                        state.entrySet()
                                .removeIf(entry -> entry.getValue().offset() < said.since()
                                        && entry.getValue().liveAt(said.timeMs())
                                        && !found.contains(entry.getKey()));
                        scan = -1;
                    }
                }
                default -> throw new IllegalStateException(said.kind());
            }
        }
        return state;
    }

    private static Hash128 root(Map<String, Held> state, long atMs) {
        KeyedHash hash = new KeyedHash(SECRET);
        EntryDigest digests = new EntryDigest(hash, false);
        MerkleTree tree = new MerkleTree(hash, BITS);
        state.forEach((key, held) -> {
            if (held.liveAt(atMs)) {
                Hash128 keyHash = hash.key(key.getBytes(UTF_8));
                Hash128 digest = digests.of(
                        keyHash,
                        held.version(),
                        null,
                        held.expiryMs(),
                        hash.value(held.value().getBytes(UTF_8)));
                tree.add((int) (keyHash.hi() >>> -BITS), digest.hi(), digest.lo(), 1);
            }
        });
        return state.isEmpty() ? Hash128.ZERO : tree.node(0, 0);
    }

    private static Set<String> keys(List<List<Said>> logs) {
        return logs.stream()
                .flatMap(List::stream)
                .map(Said::key)
                .filter(Objects::nonNull)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Settings settings() {
        return new Settings.Builder("test", "eu", REPLICAS, SECRET)
                .segmentBits(BITS)
                .build();
    }

    private static List<ReplicaSource> sources(List<List<Said>> logs) {
        Cluster cluster = new Cluster(Map.of(), Map.of());
        List<ReplicaSource> sources = new ArrayList<>();
        for (int i = 0; i < logs.size(); i++) {
            String topic = "writes." + REPLICAS.get(i);
            sources.add(new ReplicaSource(
                    new AuditedReplica(REPLICAS.get(i), topic, "trueup", Optional.empty(), cluster),
                    new OffsetRange(
                            cluster,
                            new TopicPartition(topic, 0),
                            0,
                            logs.get(i).size()),
                    GapCause.UNCLEAR,
                    false));
        }
        return sources;
    }

    private static Map<Integer, Long> read(List<List<Said>> logs, RecordSource.Sink sink) {
        for (int i = 0; i < logs.size(); i++) {
            for (Said said : logs.get(i)) {
                sink.accept(i, record(i, said));
            }
        }
        return Map.of();
    }

    private static ConsumerRecord<ByteBuffer, ByteBuffer> record(int replica, Said said) {
        byte[] key = (said.key() == null ? "marker" : said.key()).getBytes(UTF_8);
        byte[] value = CODEC.encode("", event(said));
        return new ConsumerRecord<>(
                "writes." + REPLICAS.get(replica),
                0,
                said.offset(),
                said.timeMs(),
                TimestampType.CREATE_TIME,
                key.length,
                value.length,
                ByteBuffer.wrap(key),
                ByteBuffer.wrap(value),
                new RecordHeaders(),
                Optional.empty());
    }

    private static SpecificRecord event(Said said) {
        Held held = said.held();
        return switch (said.kind()) {
            case "write" ->
                WriteEvent.newBuilder()
                        .setVersion(held.version())
                        .setPosition(said.timeMs())
                        .setDeleted(held.deleted())
                        .setValue(bytes(held.value()))
                        .setExpiry(held.expiryMs() == Entry.NEVER ? null : held.expiryMs())
                        .build();
            case "row" ->
                ScanEvent.newBuilder()
                        .setScan("scan-" + said.since())
                        .setSince(said.since())
                        .setVersion(held.version())
                        .setPosition(said.timeMs())
                        .setDeleted(held.deleted())
                        .setValue(bytes(held.value()))
                        .setExpiry(held.expiryMs() == Entry.NEVER ? null : held.expiryMs())
                        .build();
            case "start" ->
                ScanMarker.newBuilder()
                        .setScan("scan-" + said.offset())
                        .setKind(ScanMarkerKind.START)
                        .build();
            default ->
                ScanMarker.newBuilder()
                        .setScan("scan-" + said.since())
                        .setKind(ScanMarkerKind.END)
                        .setSince(said.since())
                        .setRows(said.rows())
                        .build();
        };
    }

    private static ByteBuffer bytes(String value) {
        return value == null ? null : ByteBuffer.wrap(value.getBytes(UTF_8));
    }

    /** One write after the other reaches all replicas, some do not; now and then a replica is scanned. */
    private static List<List<Said>> histories(SplittableRandom random, boolean unordered) {
        List<List<Said>> logs = new ArrayList<>(REPLICAS.stream()
                .map(replica -> (List<Said>) new ArrayList<Said>())
                .toList());
        long timeMs = 1;
        Map<String, Long> versions = new HashMap<>();
        for (int step = 0; step < 40; step++) {
            timeMs += random.nextInt(0, 12);
            String key = "key-" + random.nextInt(6);
            long version = versions.merge(key, 1L, Long::sum);
            boolean deleted = random.nextInt(6) == 0;
            long expiryMs = !deleted && random.nextInt(5) == 0 ? timeMs + random.nextInt(1, 60) : Entry.NEVER;
            for (int i = 0; i < REPLICAS.size(); i++) {
                if (random.nextInt(25) == 0) {
                    continue;
                }
                String value = deleted ? null : random.nextInt(30) == 0 ? "damaged " + i : "value " + version;
                long at = timeMs + random.nextInt(3) - (unordered ? random.nextInt(20) : 0);
                add(logs.get(i), unordered, at, "write", key, new Held(version, deleted, value, expiryMs, 0), 0, 0);
            }
            if (random.nextInt(12) == 0) {
                scan(random, logs.get(random.nextInt(REPLICAS.size())), unordered, timeMs);
            }
        }
        return logs;
    }

    /** Rows are sent as they are, or wrong, or not at all; some scans lose a row, or their end. */
    private static void scan(SplittableRandom random, List<Said> log, boolean unordered, long timeMs) {
        Map<String, Held> stored = replay(log);
        long since = log.size();
        add(log, unordered, timeMs, "start", null, null, 0, 0);
        long rows = 0;
        for (Map.Entry<String, Held> row : stored.entrySet()) {
            Held held = row.getValue();
            if (random.nextInt(8) == 0) {
                continue;
            }
            rows++;
            boolean damaged = !held.deleted() && random.nextInt(8) == 0;
            Held sent = new Held(held.version(), held.deleted(), damaged ? "rotten" : held.value(), held.expiryMs(), 0);
            if (random.nextInt(20) != 0) {
                add(log, unordered, timeMs, "row", row.getKey(), sent, since, 0);
            }
            if (random.nextInt(6) == 0) {
                add(
                        log,
                        unordered,
                        timeMs,
                        "write",
                        row.getKey(),
                        new Held(100 + since, false, "new", Entry.NEVER, 0),
                        0,
                        0);
            }
        }
        if (random.nextInt(5) != 0) {
            add(log, unordered, timeMs, "end", null, null, since, rows);
        }
    }

    private static void add(
            List<Said> log, boolean unordered, long timeMs, String kind, String key, Held held, long since, long rows) {
        long offset = log.size();
        long lastMs = log.isEmpty() || unordered ? 0 : log.get(log.size() - 1).timeMs();
        Held at = held == null ? null : new Held(held.version(), held.deleted(), held.value(), held.expiryMs(), offset);
        log.add(new Said(Math.max(Math.max(timeMs, lastMs), 0), offset, kind, key, at, since, rows));
    }
}
