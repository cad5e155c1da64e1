package io.trueup.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.trueup.audit.result.AuditResult;
import io.trueup.audit.result.AuditResult.Verdict;
import io.trueup.avro.RecordCodecs;
import io.trueup.broker.BreakingConsumer;
import io.trueup.broker.BreakingConsumer.Break;
import io.trueup.broker.TestBroker;
import io.trueup.reconcile.settings.Settings;
import io.trueup.topic.Cluster;
import io.trueup.topic.TopicReader;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Replicas that are equal are equal only as far as they could be read. */
class AuditBreaksIT {

    private static final int RECORDS = 3;

    private final TestBroker broker = TestBroker.shared();
    private final String topic = TestBroker.unique("breaks");
    private final List<ConsumerRecord<ByteBuffer, ByteBuffer>> records = new ArrayList<>();

    @AfterEach
    void clearInterrupt() {
        Thread.interrupted();
    }

    @Test
    void shouldNotSayEqualWhereverTheReadingBreaks() throws Exception {
        write();
        assertThat(audit(records.size(), Break.CONNECTION_LOST).run().verdict())
                .as("behind the end")
                .isEqualTo(Verdict.EQUAL);

        for (Break how : Break.values()) {
            for (int read = 0; read < records.size(); read++) {
                Audit audit = audit(read, how);
                if (how == Break.UNEXPECTED_FAILURE) {
                    assertThatThrownBy(audit::run)
                            .as("after %d records", read)
                            .isInstanceOf(IllegalStateException.class);
                } else {
                    assertUnknown(audit.run(), how + " after " + read + " records");
                }
            }
        }
    }

    private void assertUnknown(AuditResult result, String what) {
        assertThat(result.verdict()).as(what).isEqualTo(Verdict.UNKNOWN);
        assertThat(result.divergentKeys()).as(what).isZero();
        assertThat(result.doubts())
                .as(what)
                .anyMatch(doubt ->
                        doubt.matches("(?s).*" + topic + "\\.(eu|us)-0(@[012]| could be read from offset [012] on).*"));
    }

    /** Nothing was read: nothing differs, and nothing is equal. */
    @Test
    void shouldNotSayEqualWhereItsThreadIsInterrupted() throws Exception {
        write();
        Thread.currentThread().interrupt();

        AuditResult result = audit(0, null).run();

        assertThat(Thread.interrupted()).isTrue();
        assertThat(result.verdict()).isEqualTo(Verdict.UNKNOWN);
        assertThat(result.partial()).isTrue();
        assertThat(result.doubts()).anyMatch(doubt -> doubt.contains("stopped"));
    }

    private void write() throws Exception {
        broker.createTopics(1, topic + ".eu", topic + ".us");
        try (KafkaProducer<byte[], byte[]> producer = broker.promptProducer()) {
            for (String replica : List.of("eu", "us")) {
                for (int i = 0; i < RECORDS; i++) {
                    byte[] key = ("key" + i).getBytes(UTF_8);
                    producer.send(new ProducerRecord<>(topic + "." + replica, 0, 1L, key, new byte[1]))
                            .get();
                    records.add(new ConsumerRecord<>(
                            topic + "." + replica,
                            0,
                            i,
                            1,
                            TimestampType.CREATE_TIME,
                            key.length,
                            1,
                            ByteBuffer.wrap(key),
                            ByteBuffer.wrap(new byte[1]),
                            new RecordHeaders(),
                            Optional.empty()));
                }
            }
        }
    }

    /** The brokers are asked what there is to be read; the reading itself breaks. */
    private Audit audit(int read, Break how) {
        Map<String, Object> client = Map.of("bootstrap.servers", broker.bootstrapServers());
        AuditRequest request = new AuditRequest(
                List.of("eu", "us").stream()
                        .map(name -> new AuditedReplica(
                                name, topic + "." + name, "plain", Optional.empty(), new Cluster(client, client)))
                        .toList(),
                new Settings.Builder("test", "eu", List.of("eu", "us"), "a secret of this test".getBytes(UTF_8))
                        .build(),
                new AuditPoint.Latest(),
                Duration.ofSeconds(30),
                Set.of(),
                Optional.empty(),
                false,
                new AuditRequest.Bounds(1, 1 << 24, 10, Duration.ofSeconds(30)),
                false,
                Optional.empty(),
                RecordCodecs.embedded());
        Duration patience = how == Break.SILENCE ? Duration.ofMillis(20) : Duration.ofMinutes(1);
        return new Audit(
                request,
                (clientId, progress) -> new TopicReader(
                        clientId, progress, patience, properties -> new BreakingConsumer<>(records, read, how)));
    }
}
