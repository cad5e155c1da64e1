package io.trueup.cli.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.avro.SingleObjectCodec;
import io.trueup.broker.TestBroker;
import io.trueup.config.TrueupConfig;
import io.trueup.ops.audit.AuditOrder;
import io.trueup.ops.audit.AuditOutcome;
import io.trueup.ops.audit.AuditRunner;
import io.trueup.schema.WriteEvent;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

/** Audits of the dataset of a job, from its configuration alone. */
class JobAuditsIT {

    private static final SingleObjectCodec<WriteEvent> WRITES = SingleObjectCodec.of(WriteEvent.class);

    private final String dataset = TestBroker.unique("audited");
    private final TrueupConfig config = TrueupConfig.of(Map.of(
            "bootstrap.servers",
            TestBroker.shared().bootstrapServers(),
            "dataset",
            dataset,
            "replicas",
            "eu,us",
            "hash.secret",
            "0123456789abcdef0123456789abcdef"));

    private void write(
            KafkaProducer<byte[], byte[]> producer, String replica, int partition, String key, String value) {
        String topic = dataset + ".writes." + replica;
        WriteEvent event = WriteEvent.newBuilder()
                .setVersion(1)
                .setPosition(System.currentTimeMillis())
                .setDeleted(false)
                .setValue(ByteBuffer.wrap(value.getBytes(UTF_8)))
                .setRepairId(null)
                .build();
        var unused =
                producer.send(new ProducerRecord<>(topic, partition, key.getBytes(UTF_8), WRITES.encode(topic, event)));
    }

    @Test
    void shouldReportWhatDiffersAsAPageAndOnlyInThePartitionsAskedFor() throws Exception {
        TestBroker.shared().createTopics(2, dataset + ".writes.eu", dataset + ".writes.us");
        try (KafkaProducer<byte[], byte[]> producer = TestBroker.shared().producer()) {
            for (int partition = 0; partition < 2; partition++) {
                write(producer, "eu", partition, "same-" + partition, "value");
                write(producer, "us", partition, "same-" + partition, "value");
            }
            write(producer, "eu", 1, "<b>lost</b>", "value");
        }

        AuditOutcome all = audit(List.of());
        AuditOutcome first = audit(List.of(0));

        assertThat(all.verdict()).isEqualTo("DIVERGENT");
        assertThat(all.differing()).isEqualTo(1);
        assertThat(new String(all.page(), UTF_8))
                .startsWith("<!DOCTYPE html>")
                .contains("\\u003cb>lost\\u003c/b>")
                .doesNotContain("same-0");
        assertThat(first.verdict()).isEqualTo("EQUAL");
        assertThat(first.differing()).isZero();
    }

    private AuditOutcome audit(List<Integer> partitions) throws Exception {
        AuditRunner.Run run =
                new JobAudits().prepare(config, new AuditOrder(partitions, OptionalLong.empty(), Duration.ZERO));
        AuditOutcome outcome = run.run();
        assertThat(run.progress().records()).isPositive();
        return outcome;
    }
}
