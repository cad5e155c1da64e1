package io.trueup.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.trueup.TestBroker;
import io.trueup.avro.SingleObjectCodec;
import io.trueup.schema.WriteEvent;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code trueup audit} on a real broker. */
class AuditIT {

    private static final int PARTITIONS = 3;
    private static final long MINUTE = 60_000;
    private static final SingleObjectCodec<WriteEvent> WRITES = SingleObjectCodec.of(WriteEvent.class);

    private final TestBroker broker = TestBroker.shared();
    private final String dataset = TestBroker.unique("audit");
    private final long startMs = Instant.now().toEpochMilli() - 120 * MINUTE;
    private final KafkaProducer<byte[], byte[]> producer = broker.producer();

    @TempDir
    Path directory;

    @AfterEach
    void close() {
        producer.close();
    }

    @Test
    void shouldListInjectedDivergencesExactlyNowAndAtThreePastTimes() throws Exception {
        createTopics(Map.of("retention.ms", "-1"), "eu", "us", "ap");
        for (int i = 0; i < 300; i++) {
            everywhere("key-" + i, 1, "first " + i, startMs + i);
        }
        long fault = startMs + 10 * MINUTE;
        String missing = at("eu", put("eu", "missing", 1, "only at eu", fault));
        put("ap", "missing", 1, "only at eu", fault + 1);
        String stale = at("ap", put("ap", "key-5", 2, "second", fault));
        put("eu", "key-5", 2, "second", fault + 5);
        String undeleted = at("eu", delete("eu", "key-6", 2, fault));
        delete("us", "key-6", 2, fault + 1);
        everywhere("key-7", 2, "second", fault);
        String corrupt = at("us", put("us", "key-7", 2, "sECOND", fault + 100));
        everywhere("key-8", 2, "second", fault);
        String conflict = at("us", put("us", "key-8", 2, "us", fault + 50));
        put("eu", "key-8", 2, "eu", fault + 60);
        String expiring =
                at("eu", send("eu", "key-9", event(2, "short-lived", fault).setExpiry(startMs + 15 * MINUTE), fault));
        send("ap", "key-9", event(2, "short-lived", fault).setExpiry(startMs + 15 * MINUTE), fault + 1);
        for (String replica : List.of("eu", "us", "ap")) {
            send(replica, "key-10", event(2, "fades", fault).setExpiry(startMs + 15 * MINUTE), fault + 7);
        }
        long later = startMs + 20 * MINUTE;
        put("us", "key-5", 2, "second", later);
        put("us", "key-7", 2, "second", later);
        String staleAgain = at("eu", put("eu", "key-5", 3, "third", later + 1));
        put("us", "key-5", 3, "third", later + 2);
        String last = at("ap", put("ap", "key-11", 9, "only at ap", startMs + 40 * MINUTE));

        assertThat(audit("--at", time(5))).isEqualTo(Set.of());
        Set<String> first = Set.of(
                "missing us MISSING since " + missing,
                "key-5 us STALE since " + stale,
                "key-6 ap UNDELETED since " + undeleted,
                "key-7 us CORRUPT since " + corrupt,
                "key-8 ap,eu,us CONFLICT since " + conflict);
        assertThat(audit("--at", time(12))).isEqualTo(plus(first, "key-9 us STALE since " + expiring));
        assertThat(audit("--at", time(16))).isEqualTo(plus(first, "key-9 us UNDELETED since " + expiring));
        Set<String> mended = plus(first, "key-9 us UNDELETED since " + expiring, "key-5 ap STALE since " + staleAgain);
        mended.remove("key-5 us STALE since " + stale);
        mended.remove("key-7 us CORRUPT since " + corrupt);
        assertThat(audit("--at", time(30))).isEqualTo(mended);
        mended.addAll(Set.of("key-11 eu STALE since " + last, "key-11 us STALE since " + last));
        assertThat(audit()).isEqualTo(mended);
        assertThat(broker.admin().listGroups().all().get())
                .noneMatch(group -> group.groupId().contains("audit"));
    }

    @Test
    void shouldSayEqualAndNothingMoreWhereAllIsEqual() throws Exception {
        createTopics(Map.of("retention.ms", "-1"), "eu", "us");
        for (int i = 0; i < 50; i++) {
            put("eu", "key-" + i, 1, "value " + i, startMs);
            put("us", "key-" + i, 1, "value " + i, startMs + 1);
        }
        put("us", "gone", 1, "x", startMs);
        delete("us", "gone", 2, startMs + 1);

        Invocation equal = run(List.of());

        assertThat(equal.exitCode()).isZero();
        assertThat(equal.out()).startsWith("EQUAL: eu and us hold the same 50 keys (latest, ");
        assertThat(equal.err()).isEmpty();
    }

    private final List<String> replicas = new ArrayList<>();

    private void createTopics(Map<String, String> configuration, String... names) {
        for (String name : names) {
            replicas.add(name);
            broker.createTopics(PARTITIONS, configuration, topic(name));
        }
    }

    private String topic(String replica) {
        return dataset + "." + replica;
    }

    private void everywhere(String key, long version, String value, long timeMs) throws Exception {
        for (int i = 0; i < replicas.size(); i++) {
            put(replicas.get(i), key, version, value, timeMs + i);
        }
    }

    private static int partition(byte[] key) {
        return Math.floorMod(Arrays.hashCode(key), PARTITIONS);
    }

    private String at(String replica, Place place) {
        return topic(replica) + "-" + place.partition() + "@" + place.offset();
    }

    private record Place(int partition, long offset) {}

    private Place put(String replica, String key, long version, String value, long timeMs) throws Exception {
        return send(replica, key, event(version, value, timeMs), timeMs);
    }

    private Place delete(String replica, String key, long version, long timeMs) throws Exception {
        return send(
                replica,
                key,
                WriteEvent.newBuilder().setVersion(version).setPosition(timeMs).setDeleted(true),
                timeMs);
    }

    private static WriteEvent.Builder event(long version, String value, long positionMs) {
        return WriteEvent.newBuilder()
                .setVersion(version)
                .setPosition(positionMs)
                .setValue(ByteBuffer.wrap(value.getBytes(UTF_8)));
    }

    private Place send(String replica, String key, WriteEvent.Builder event, long timeMs) throws Exception {
        return send(replica, key.getBytes(UTF_8), WRITES.encode("", event.build()), timeMs);
    }

    private Place send(String replica, byte[] key, byte[] value, long timeMs) throws Exception {
        int partition = partition(key);
        long offset = producer.send(new ProducerRecord<>(topic(replica), partition, timeMs, key, value))
                .get()
                .offset();
        return new Place(partition, offset);
    }

    private String time(int minutes) {
        return Instant.ofEpochMilli(startMs + minutes * MINUTE).toString();
    }

    private static Set<String> plus(Set<String> set, String... more) {
        Set<String> all = new TreeSet<>(set);
        all.addAll(List.of(more));
        return all;
    }

    private Invocation run(List<String> more) {
        List<String> arguments = new ArrayList<>(List.of("audit", "--bootstrap-server", broker.bootstrapServers()));
        replicas.forEach(replica -> arguments.addAll(List.of("--replica", replica + "=" + topic(replica))));
        arguments.addAll(more);
        return Invocation.of(arguments.toArray(String[]::new));
    }

    private JsonNode json(String... more) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("--output", "json"));
        arguments.addAll(List.of(more));
        Invocation audit = run(arguments);
        JsonNode result = new ObjectMapper().readTree(audit.out());
        assertThat(result.get("exitCode").intValue()).isEqualTo(audit.exitCode());
        return result;
    }

    /** Key, target, kind and origin of everything that an audit lists, if nothing is in doubt. */
    private Set<String> audit(String... more) throws Exception {
        JsonNode result = json(more);
        assertThat(result.get("doubts")).isEmpty();
        Set<String> found = found(result);
        assertThat(result.get("verdict").textValue()).isEqualTo(found.isEmpty() ? "EQUAL" : "DIVERGENT");
        return found;
    }

    private static Set<String> found(JsonNode result) {
        Set<String> found = new TreeSet<>();
        for (JsonNode key : result.get("divergent")) {
            JsonNode since = key.get("since");
            assertThat(since.get("exact").booleanValue()).isTrue();
            for (JsonNode finding : key.get("findings")) {
                found.add(
                        key.get("key").textValue() + " " + finding.get("target").textValue() + " "
                                + finding.get("kind").textValue() + " since "
                                + since.get("topic").textValue() + "-"
                                + since.get("topicPartition").intValue() + "@"
                                + since.get("offset").longValue());
            }
        }
        assertThat(found.stream().map(line -> line.split(" ", -1)[0]).collect(Collectors.toSet()))
                .hasSize(result.get("divergentKeys").intValue());
        return found;
    }
}
