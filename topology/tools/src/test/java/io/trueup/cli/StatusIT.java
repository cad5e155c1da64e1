package io.trueup.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.SingleObjectCodec;
import io.trueup.broker.TestBroker;
import io.trueup.config.TrueupConfig;
import io.trueup.job.Job;
import io.trueup.mac.RecordMac;
import io.trueup.schema.Outcome;
import io.trueup.schema.RoundReport;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A job that observes two topics, and what the status says while it runs and after it has stopped. */
class StatusIT {

    private static final SingleObjectCodec<RoundReport> REPORTS = SingleObjectCodec.of(RoundReport.class);
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final TestBroker broker = TestBroker.shared();
    private final String dataset = TestBroker.unique("shop");
    private final long writtenMs = System.currentTimeMillis() - 60_000;

    @TempDir
    Path directory;

    @Test
    void shouldSayEqualOnlyOfWhatIsComparedOfLate() throws Exception {
        broker.createTopics(2, dataset + ".eu", dataset + ".us");
        Path file = Files.writeString(directory.resolve("job.properties"), """
                        bootstrap.servers=%s
                        dataset=%s
                        replicas=eu,us
                        hash.secret=0123456789abcdef0123456789abcdef
                        mode=observe
                        state.dir=%s
                        topics.create=true
                        topics.replication.factor=1
                        round.interval=1s
                        grace=500ms
                        replica.eu.writes.topic=%s
                        replica.us.writes.topic=%s
                        replica.eu.writes.format=plain
                        replica.us.writes.format=plain
                        """.formatted(
                broker.bootstrapServers(), dataset, directory.resolve("state"), dataset + ".eu", dataset + ".us"));
        TrueupConfig config = TrueupConfig.load(file, Map.of());
        assertThat(status(file).err()).contains("does not exist");
        List<ConsumerRecord<byte[], byte[]>> records;
        try (KafkaProducer<byte[], byte[]> producer = broker.producer()) {
            for (int i = 0; i < 20; i++) {
                send(producer, ".eu", "key" + i);
                send(producer, ".us", "key" + i);
            }
            producer.flush();
            try (Job job = new Job(config)) {
                job.start();
                await().atMost(PATIENCE).until(() -> status(file).exitCode() == 0);
                Invocation equal = status(file);
                assertThat(equal.out())
                        .startsWith("All 2 replicas are equal as of ")
                        .contains("2 of 2 partitions, 2 × 20 keys.")
                        .containsPattern("(?m)^eu +2 +20 +\\d+ s ago$");

                send(producer, ".eu", "lost at us");
                producer.flush();
                await().atMost(PATIENCE)
                        .until(() -> status(file).out().startsWith("Observing: us differs in 1 key in partition "));
                Invocation different = status(file);
                assertThat(different.exitCode()).isEqualTo(1);
                assertThat(different.out())
                        .containsPattern("in partition \\d since .*, and nothing is repaired\\.")
                        .contains("Besides: 1 partition equal.");
                JsonNode json = new JsonMapper()
                        .readTree(status(file, "--output", "json").out());
                assertThat(json.get("state").textValue()).isEqualTo("DIFFERENT");
                assertThat(json.get("partitions")).hasSize(2);

                send(producer, ".us", "lost at us");
                producer.flush();
                await().atMost(PATIENCE).until(() -> status(file).exitCode() == 0);
                records = broker.readAll(dataset + ".rounds");
                sendOddReports(producer, config, records);
                await().atMost(PATIENCE).until(() -> status(file).exitCode() == 0);
                assertThat(status(file, "--last", "999999d").out())
                        .startsWith("All 2 replicas are equal as of ")
                        .containsPattern("Besides: us ahead of this clock by \\d+ min .*, 1 report not readable\\.");
                assertThat(status(file, "--last", "999999999999d").err()).contains("too long for a duration");
            }
            await().atMost(PATIENCE).until(() -> status(file).exitCode() == 2);
            assertThat(status(file).out()).startsWith("Unknown: 2 of 2 partitions are not known to be equal");

            forgeReports(producer, records);

            assertThat(status(file).out()).startsWith("Unknown: 2 of 2 partitions are not known to be equal");
        }
    }

    /** Somebody without the secret says that all replicas are equal. */
    private static void forgeReports(
            KafkaProducer<byte[], byte[]> producer, List<ConsumerRecord<byte[], byte[]>> records)
            throws MalformedRecordException {
        for (ConsumerRecord<byte[], byte[]> record : records) {
            RoundReport report = REPORTS.decode(record.topic(), record.value());
            if (report.getOutcome() == Outcome.EQUAL) {
                report.setCut(System.currentTimeMillis());
                var unused = producer.send(new ProducerRecord<>(
                        record.topic(), record.partition(), record.key(), REPORTS.encode(record.topic(), report)));
            }
        }
        producer.flush();
    }

    /** A report from a clock that is ahead, and one from a later version; both are authentic. */
    private static void sendOddReports(
            KafkaProducer<byte[], byte[]> producer, TrueupConfig config, List<ConsumerRecord<byte[], byte[]>> records)
            throws Exception {
        ConsumerRecord<byte[], byte[]> last = records.stream()
                .filter(record -> new String(record.key(), UTF_8).equals("us/0"))
                .reduce((a, b) -> b)
                .orElseThrow();
        String topic = last.topic();
        RoundReport ahead = REPORTS.decode(topic, last.value());
        ahead.setCut(System.currentTimeMillis() + 600_000);
        ahead.setOutcome(Outcome.DIVERGENT);
        byte[] newer = last.value().clone();
        newer[2]++;
        RecordMac mac = new RecordMac(config.controlSecrets(), RecordMac.Use.ROUND_REPORT);
        for (byte[] value : List.of(REPORTS.encode(topic, ahead), newer)) {
            RecordHeaders headers = new RecordHeaders();
            mac.sign(last.key(), value, headers);
            producer.send(new ProducerRecord<>(topic, last.partition(), null, last.key(), value, headers))
                    .get();
        }
    }

    private static Invocation status(Path file, String... options) {
        String[] command = new String[options.length + 3];
        command[0] = "status";
        command[1] = "-c";
        command[2] = file.toString();
        System.arraycopy(options, 0, command, 3, options.length);
        return Invocation.of(command);
    }

    private void send(KafkaProducer<byte[], byte[]> producer, String topic, String key) {
        var unused = producer.send(
                new ProducerRecord<>(dataset + topic, null, writtenMs, key.getBytes(UTF_8), "value".getBytes(UTF_8)));
    }
}
