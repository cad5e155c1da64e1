package io.trueup.datastore;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodecs;
import io.trueup.schema.Condition;
import io.trueup.schema.Divergence;
import io.trueup.schema.HeaderNames;
import io.trueup.schema.Observed;
import io.trueup.schema.Reference;
import io.trueup.schema.RepairEvent;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;

/** The test vectors of the contract, made by the library. {@link VectorsTest} holds them against the file and against others. */
final class Vectors {

    static final String REPLICA = "us";
    static final int PARTITION = 1;
    static final long NOW_MS = 1_800_000_000_000L;

    private static final long VALID_MS = NOW_MS + 60_000;
    private static final Key KEY = new Key(PARTITION, "order-4711".getBytes(UTF_8));
    private static final Entry WINNER = value(5, "winner");
    private static final ObjectMapper JSON = new ObjectMapper();

    final Map<String, List<Map<String, Object>>> sections = new LinkedHashMap<>();
    final List<Written> written = new ArrayList<>();
    final List<Decided> decided = new ArrayList<>();

    private final EventRecords trueup = new EventRecords("writes", RecordLayout.TRUEUP, RecordCodecs.embedded());
    private final EventRecords plain = new EventRecords("writes", RecordLayout.PLAIN, RecordCodecs.embedded());

    /** A write event in its layouts; the plain one is null if the layout cannot say it. */
    record Written(Key key, Entry entry, String repairId, List<ProducerRecord<byte[], byte[]>> layouts) {}

    /**
     * A record of the repairs topic and what becomes of it.
     *
     * @param decision null: it is no repair of this replica
     */
    record Decided(
            String name,
            RecordLayout layout,
            ConsumerRecord<byte[], byte[]> record,
            Entry held,
            long nowMs,
            Repair.Decision decision,
            Entry answer,
            String repairId) {}

    Vectors() {
        partitions();
        writes();
        others();
        applied();
        observed();
        vectors();
        unusable();
    }

    /** One line per vector. */
    String text() {
        StringBuilder text = new StringBuilder("{\n");
        int left = sections.size();
        for (Map.Entry<String, List<Map<String, Object>>> section : sections.entrySet()) {
            text.append("\"").append(section.getKey()).append("\": [\n");
            text.append(String.join(
                    ",\n", section.getValue().stream().map(Vectors::json).toList()));
            text.append(--left == 0 ? "\n]\n" : "\n],\n");
        }
        return text.append("}\n").toString();
    }

    private void partitions() {
        for (String key : List.of("6f726465722d34373131", "", "c3bc", "00ff80", "000000017f2a")) {
            for (int partitions : new int[] {1, 6, 64}) {
                Map<String, Object> vector = new LinkedHashMap<>();
                vector.put("key", key);
                vector.put("partitions", partitions);
                vector.put("partition", Key.partitioned(bytes(key), partitions).partition());
                add("partitions", vector);
            }
        }
    }

    private void writes() {
        write("a value", WINNER, null);
        write("a delete", Entry.deleted(6, 1_700_000_000_000L), null);
        write("an empty value", Entry.of(1, 0, new byte[0]), null);
        write("a value with an expiry", WINNER.expiringAt(1_900_000_000_000L), null);
        write("the highest version", value(Long.MAX_VALUE, "v"), null);
        write("a negative version", value(-3, "v"), null);
        write("the answer to a repair", WINNER, "0123456789abcdef");
        write("the answer where nothing is held", Entry.nothing(WINNER), "0123456789abcdef");
        Key binary = new Key(0, bytes("00ff80"));
        write("a key that is no text", binary, Entry.of(1, 1, bytes("000102ff")), null);
        write("a version vector", vector(WINNER, Map.of("eu", 3L, "us", 2L)), null);
        write(
                "the answer where nothing is held and there are vectors",
                Entry.nothing(vector(WINNER, Map.of("eu", 1L))),
                "id");
        write("a digest in place of a value", WINNER.withDigestOnly(bytes("000102030405060708090a0b0c0d0e0f")), null);
    }

    private void write(String name, Entry entry, String repairId) {
        write(name, KEY, entry, repairId);
    }

    private void write(String name, Key key, Entry entry, String repairId) {
        ProducerRecord<byte[], byte[]> avro = trueup.write(key, entry, repairId);
        ProducerRecord<byte[], byte[]> headers = null;
        try {
            headers = plain.write(key, entry, repairId);
        } catch (IllegalArgumentException e) {
            // the layout cannot say it, and the vector says that with null
        }
        Map<String, Object> vector = new LinkedHashMap<>();
        vector.put("name", name);
        vector.put("entry", json(entry));
        vector.put("repairId", repairId);
        vector.put("trueup", json(avro));
        vector.put("plain", headers == null ? null : json(headers));
        add("writes", vector);
        List<ProducerRecord<byte[], byte[]>> layouts = new ArrayList<>();
        layouts.add(avro);
        layouts.add(headers);
        written.add(new Written(key, entry, repairId, layouts));
    }

    private void others() {
        Map<String, Object> progress = new LinkedHashMap<>();
        progress.put("name", "progress of a partition");
        progress.put("positionMs", "1700000000000");
        progress.put("trueup", json(trueup.progress(PARTITION, 1_700_000_000_000L)));
        progress.put("plain", json(plain.progress(PARTITION, 1_700_000_000_000L)));
        add("progress", progress);
        String scan = "5c1d0c52-0000-4000-8000-000000000001";
        scan("the start of a scan", scan, null, trueup.scanStart(PARTITION, scan));
        scan("a row, where the start has offset 41", scan, WINNER, trueup.scanned(KEY, WINNER, scan, 41));
        Entry tombstone = Entry.deleted(6, 1_700_000_000_000L);
        scan("a tombstone", scan, tombstone, trueup.scanned(KEY, tombstone, scan, 41));
        scan("the end of a scan of 2 rows", scan, null, trueup.scanEnd(PARTITION, scan, 41, 2));
    }

    private void scan(String name, String scan, Entry row, ProducerRecord<byte[], byte[]> record) {
        Map<String, Object> vector = new LinkedHashMap<>();
        vector.put("name", name);
        vector.put("scan", scan);
        vector.put("row", row == null ? null : json(row));
        vector.put("trueup", json(record));
        add("scans", vector);
    }

    private void applied() {
        Entry newer = value(6, "newer");
        both("nothing is held", event(WINNER), null, NOW_MS);
        both("an older entry is held", event(WINNER), value(4, "older"), NOW_MS);
        both("another value of the same version is held", event(WINNER), value(5, "other"), NOW_MS);
        both("the repair is received again", event(WINNER), WINNER, NOW_MS);
        both("a newer entry is held", event(WINNER), newer, NOW_MS);
        both("a newer tombstone is held", event(WINNER), Entry.deleted(6, 1), NOW_MS);
        both("an older tombstone is held", event(WINNER), Entry.deleted(4, 1), NOW_MS);
        both("a delete", event(Entry.deleted(5, 1_700_000_000_000L)), value(4, "older"), NOW_MS);
        both("a winner that expires", event(WINNER.expiringAt(1_900_000_000_000L)), null, NOW_MS);
        both("in the last millisecond", event(WINNER), null, VALID_MS);
        both("too late, an older entry is held", event(WINNER), value(4, "older"), VALID_MS + 1);
        both("too late, nothing is held", event(WINNER), null, VALID_MS + 1);
        RepairEvent reference = event(WINNER)
                .setValue(null)
                .setReference(new Reference("eu", "writes.eu", 17L))
                .build();
        trueup("the value is elsewhere and cannot be fetched", reference, value(4, "older"), NOW_MS);
    }

    private void observed() {
        Entry older = value(4, "older");
        RepairEvent.Builder seen = ifObserved(new Observed(4L, null, false));
        both("what was observed is held", seen, older, NOW_MS);
        both(
                "what was observed is newer than the winner, and still held",
                ifObserved(new Observed(9L, null, false)),
                value(9, "newer"),
                NOW_MS);
        both("another version than observed is held", seen, value(3, "even older"), NOW_MS);
        both("observed live, and deleted since", seen, Entry.deleted(4, 1), NOW_MS);
        both("observed deleted, and live", ifObserved(new Observed(4L, null, true)), older, NOW_MS);
        both(
                "observed deleted because it has expired",
                ifObserved(new Observed(4L, null, true)),
                older.expiringAt(NOW_MS),
                NOW_MS);
        both("the repair is received again after it was applied", seen, WINNER, NOW_MS);
        both("observed, and nothing is held", seen, null, NOW_MS);
        both("nothing was observed, nothing is held", ifObserved(null), null, NOW_MS);
        both("nothing was observed, an entry is held", ifObserved(null), older, NOW_MS);
        both(
                "an answer of nothing was observed, nothing is held",
                ifObserved(new Observed(Entry.NOTHING, null, true)),
                null,
                NOW_MS);
    }

    private void vectors() {
        Map<String, Long> two = Map.of("eu", 2L, "us", 1L);
        RepairEvent.Builder winner = event(vector(WINNER, two));
        trueup("a dominated vector is held", winner.build(), vector(WINNER, Map.of("eu", 1L, "us", 1L)), NOW_MS);
        trueup("the same vector is held", winner.build(), vector(WINNER, two), NOW_MS);
        trueup("a concurrent vector is held", winner.build(), vector(WINNER, Map.of("us", 2L)), NOW_MS);
        trueup("a dominating vector is held", winner.build(), vector(WINNER, Map.of("eu", 2L, "us", 2L)), NOW_MS);
        RepairEvent.Builder seen =
                winner.setCondition(Condition.IF_OBSERVED).setObserved(new Observed(2L, Map.of("us", 2L), false));
        trueup("the observed vector is held", seen.build(), vector(WINNER, Map.of("us", 2L)), NOW_MS);
        trueup("another vector of the same sum is held", seen.build(), vector(WINNER, Map.of("eu", 2L)), NOW_MS);
        trueup("observed a vector, and nothing is held", seen.build(), null, NOW_MS);
        seen.setObserved(new Observed(0L, Map.of(), true));
        trueup("an empty vector was observed, nothing is held", seen.build(), null, NOW_MS);
    }

    private void unusable() {
        both("of another replica", event(WINNER).setTarget("eu"), null, NOW_MS);
        trueup("of another partition", event(WINNER).setPartition(PARTITION + 1).build(), null, NOW_MS);
        trueup(
                "neither value nor delete nor reference",
                event(WINNER).setValue(null).build(),
                null,
                NOW_MS);
        decide("not Avro", RecordLayout.TRUEUP, consumed(bytes("0102"), new RecordHeaders()), null, NOW_MS);
        decide("no value", RecordLayout.TRUEUP, consumed(null, new RecordHeaders()), null, NOW_MS);
        for (String name : List.of(HeaderNames.REPAIR_ID, HeaderNames.VERSION)) {
            Headers headers = headers(event(WINNER).build());
            headers.remove(name);
            decide("no header " + name, RecordLayout.PLAIN, consumed(WINNER.value(), headers), null, NOW_MS);
        }
        Headers text = headers(event(WINNER).build());
        text.add(HeaderNames.VERSION, "five".getBytes(UTF_8));
        decide("a version that is no number", RecordLayout.PLAIN, consumed(WINNER.value(), text), null, NOW_MS);
        Headers vague = headers(event(WINNER).build());
        vague.add(HeaderNames.CONDITION, "SOMETIMES".getBytes(UTF_8));
        decide("an unknown condition", RecordLayout.PLAIN, consumed(WINNER.value(), vague), null, NOW_MS);
    }

    private void both(String name, RepairEvent.Builder builder, Entry held, long nowMs) {
        RepairEvent event = builder.build();
        trueup(name, event, held, nowMs);
        byte[] value = event.getValue() == null ? null : event.getValue().array();
        decide(name, RecordLayout.PLAIN, consumed(value, headers(event)), held, nowMs);
    }

    private void trueup(String name, RepairEvent event, Entry held, long nowMs) {
        byte[] value = RecordCodecs.embedded().of(RepairEvent.class).encode("repairs", event);
        decide(name, RecordLayout.TRUEUP, consumed(value, new RecordHeaders()), held, nowMs);
    }

    private void decide(
            String name, RecordLayout layout, ConsumerRecord<byte[], byte[]> record, Entry held, long nowMs) {
        Repair repair = null;
        try {
            repair = new RepairRecords(
                            new ReplicaTopics(REPLICA, "writes", layout, "repairs", layout, "dead"),
                            RecordCodecs.embedded())
                    .decode(record);
        } catch (MalformedRecordException e) {
            // its decision is null
        }
        Repair.Decision decision = repair == null ? null : repair.decide(held, nowMs);
        Entry answer = null;
        if (repair != null) {
            Entry holds = decision == Repair.Decision.APPLY ? repair.winner() : held;
            answer = holds == null ? Entry.nothing(repair.winner()) : holds;
        }
        Map<String, Object> vector = new LinkedHashMap<>();
        vector.put("name", name);
        vector.put("layout", layout == RecordLayout.PLAIN ? "plain" : "trueup");
        vector.put("replica", REPLICA);
        vector.put("nowMs", Long.toString(nowMs));
        vector.put("record", json(record.partition(), record.key(), record.value(), record.headers()));
        vector.put("held", held == null ? null : json(held));
        vector.put("decision", decision == null ? "DEAD_LETTER" : decision.name());
        vector.put("answer", answer == null ? null : json(answer));
        vector.put("repairId", repair == null ? null : repair.id());
        add("repairs", vector);
        decided.add(
                new Decided(name, layout, record, held, nowMs, decision, answer, repair == null ? null : repair.id()));
    }

    private static RepairEvent.Builder event(Entry winner) {
        return RepairEvent.newBuilder()
                .setId("a1b2c3d4e5f60718")
                .setDataset("orders")
                .setTarget(REPLICA)
                .setSupplier("eu")
                .setPartition(PARTITION)
                .setCut(NOW_MS - 5_000)
                .setReason(Divergence.STALE)
                .setVersion(winner.version())
                .setVector(winner.vector() == null ? null : winner.vector().counters())
                .setPosition(winner.positionMs())
                .setDeleted(winner.deleted())
                .setValue(winner.deleted() ? null : ByteBuffer.wrap(winner.value()))
                .setExpiry(winner.expiryMs() == Entry.NEVER ? null : winner.expiryMs())
                .setCondition(Condition.UNLESS_NEWER)
                .setValidUntil(VALID_MS);
    }

    private static RepairEvent.Builder ifObserved(Observed observed) {
        return event(WINNER).setCondition(Condition.IF_OBSERVED).setObserved(observed);
    }

    private static Headers headers(RepairEvent event) {
        Headers headers = new RecordHeaders();
        Map<String, Object> texts = new TreeMap<>(Map.of(
                HeaderNames.REPAIR_ID, event.getId(),
                HeaderNames.REASON, event.getReason(),
                HeaderNames.VERSION, event.getVersion(),
                HeaderNames.POSITION, event.getPosition(),
                HeaderNames.TARGET, event.getTarget(),
                HeaderNames.SUPPLIER, event.getSupplier(),
                HeaderNames.ROUND, event.getCut(),
                HeaderNames.ATTEMPT, event.getAttempt(),
                HeaderNames.CONDITION, event.getCondition(),
                HeaderNames.VALID_UNTIL, event.getValidUntil()));
        if (event.getExpiry() != null) {
            texts.put(HeaderNames.EXPIRY, event.getExpiry());
        }
        if (event.getObserved() != null) {
            texts.put(HeaderNames.OBSERVED_VERSION, event.getObserved().getVersion());
            texts.put(HeaderNames.OBSERVED_DELETED, event.getObserved().getDeleted());
        }
        texts.forEach((name, text) -> headers.add(name, text.toString().getBytes(UTF_8)));
        return headers;
    }

    private static ConsumerRecord<byte[], byte[]> consumed(byte[] value, Headers headers) {
        return new ConsumerRecord<>(
                "repairs",
                PARTITION,
                3,
                NOW_MS - 1_000,
                TimestampType.CREATE_TIME,
                KEY.bytes().length,
                value == null ? -1 : value.length,
                KEY.bytes(),
                value,
                headers,
                java.util.Optional.empty());
    }

    private static Entry value(long version, String text) {
        return Entry.of(version, 1_700_000_000_000L, text.getBytes(UTF_8));
    }

    private static Entry vector(Entry entry, Map<String, Long> counters) {
        return entry.withVector(VersionVector.of(counters));
    }

    private void add(String section, Map<String, Object> vector) {
        sections.computeIfAbsent(section, name -> new ArrayList<>()).add(vector);
    }

    private static Map<String, Object> json(Entry entry) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("version", Long.toString(entry.version()));
        json.put("vector", entry.vector() == null ? null : counters(entry.vector()));
        json.put("positionMs", Long.toString(entry.positionMs()));
        json.put("deleted", entry.deleted());
        json.put("value", hex(entry.value()));
        json.put("valueDigest", hex(entry.valueDigest()));
        json.put("expiryMs", entry.expiryMs() == Entry.NEVER ? null : Long.toString(entry.expiryMs()));
        return json;
    }

    private static Map<String, String> counters(VersionVector vector) {
        Map<String, String> counters = new LinkedHashMap<>();
        vector.counters().forEach((name, counter) -> counters.put(name, Long.toString(counter)));
        return counters;
    }

    private static Map<String, Object> json(ProducerRecord<byte[], byte[]> record) {
        return json(record.partition(), record.key(), record.value(), record.headers());
    }

    private static Map<String, Object> json(int partition, byte[] key, byte[] value, Headers headers) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("partition", partition);
        json.put("key", hex(key));
        json.put("value", hex(value));
        Map<String, String> texts = new LinkedHashMap<>();
        for (Header header : headers) {
            texts.put(header.key(), new String(header.value(), UTF_8));
        }
        json.put("headers", texts);
        return json;
    }

    private static String json(Object value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String hex(byte[] bytes) {
        return bytes == null ? null : HexFormat.of().formatHex(bytes);
    }

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex);
    }
}
