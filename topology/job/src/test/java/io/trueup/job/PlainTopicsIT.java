package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two topics of JSON documents that should be equal, without any header of Trueup: a master, and a copy whose writer orders the members
 * in its own way and adds a time of its own.
 */
class PlainTopicsIT {

    private static final int KEYS = 500;

    @TempDir
    Path directory;

    @Test
    void shouldRepairTheDocumentsThatDifferAndNoneThatAreOnlyWrittenInAnotherWay() {
        try (JobFixture fixture = new JobFixture(directory, "copy", "master").quick()) {
            fixture.settings.put("compare", "value");
            fixture.settings.put("value.canonical", "json");
            fixture.settings.put("value.ignore", "/updatedAt, /meta/host");
            fixture.settings.put("resolution", "primary:master");
            fixture.settings.put("replica.master.role", "source");
            for (String replica : fixture.replicas) {
                fixture.settings.put("replica." + replica + ".writes.format", "plain");
            }
            fixture.settings.put("replica.copy.repairs.format", "plain");
            fixture.createTopics();
            Set<String> different = new TreeSet<>();
            for (int i = 0; i < KEYS; i++) {
                write(fixture, "master", i, "{\"id\":" + i + ",\"price\":9.50,\"meta\":{\"by\":\"é\"}}");
                boolean changed = i % 100 == 7;
                boolean lost = i % 100 == 8;
                if (!lost) {
                    write(fixture, "copy", i, ofTheCopy(i, changed ? "9.51" : "95e-1"));
                }
                if (changed || lost) {
                    different.add("product-" + i);
                }
            }
            write(fixture, "copy", KEYS, ofTheCopy(KEYS, "1")); // deleted at the master
            different.add("product-" + KEYS);
            fixture.flush();
            fixture.start();
            try (Sink sink = new Sink(fixture)) {
                await().atMost(JobFixture.PATIENCE)
                        .pollInterval(Duration.ofMillis(500))
                        .until(() -> sink.applied.containsAll(different));
                fixture.awaitEqual();
                fixture.awaitRounds(3);

                assertThat(sink.applied).containsExactlyInAnyOrderElementsOf(different);
                assertThat(sink.values)
                        .allSatisfy(value -> assertThat(value)
                                .as("a repair carries what the master wrote")
                                .contains("\"price\":9.50"));
            }
        }
    }

    private static void write(JobFixture fixture, String replica, int id, String document) {
        fixture.send(
                fixture.producer,
                new ProducerRecord<>(
                        fixture.writesTopic(replica), JobFixture.bytes("product-" + id), JobFixture.bytes(document)));
    }

    private static String ofTheCopy(int id, String price) {
        return "{ \"updatedAt\": " + System.nanoTime()
                + ", \"meta\": { \"host\": \"h1\", \"by\": \"\\u00e9\" }, \"price\": " + price + ", \"id\": " + id
                + " }";
    }

    /** A connector that knows nothing of Trueup: it applies each record of the repair topic, and its capture writes the row. */
    private static final class Sink implements AutoCloseable {

        private final List<String> applied = Collections.synchronizedList(new ArrayList<>());
        private final List<String> values = Collections.synchronizedList(new ArrayList<>());
        private final Thread thread;
        private volatile boolean closing;

        Sink(JobFixture fixture) {
            thread = new Thread(() -> run(fixture), "sink");
            thread.start();
        }

        private void run(JobFixture fixture) {
            try (KafkaConsumer<byte[], byte[]> consumer = fixture.broker.consumer(fixture.dataset + ".repairs.copy");
                    KafkaProducer<byte[], byte[]> producer = fixture.broker.producer()) {
                while (!closing) {
                    for (ConsumerRecord<byte[], byte[]> repair : consumer.poll(Duration.ofMillis(100))) {
                        apply(fixture, producer, repair);
                    }
                }
            }
        }

        private void apply(
                JobFixture fixture, KafkaProducer<byte[], byte[]> producer, ConsumerRecord<byte[], byte[]> repair) {
            String key = new String(repair.key(), StandardCharsets.UTF_8);
            byte[] row = null;
            if (repair.value() != null) {
                values.add(new String(repair.value(), StandardCharsets.UTF_8));
                row = JobFixture.bytes(ofTheCopy(Integer.parseInt(key.substring("product-".length())), "9.5"));
            }
            fixture.send(producer, new ProducerRecord<>(fixture.writesTopic("copy"), repair.key(), row));
            applied.add(key);
        }

        @Override
        public void close() {
            closing = true;
            JobFixture.join(thread);
        }
    }
}
