package io.trueup.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.audit.result.AuditResult;
import io.trueup.avro.RecordCodecs;
import io.trueup.broker.TestBroker;
import io.trueup.reconcile.settings.Settings;
import io.trueup.topic.Cluster;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

class AuditStopIT {

    private final TestBroker broker = TestBroker.shared();

    @Test
    void shouldNotSayEqualWhenItIsStopped() throws Exception {
        String topic = TestBroker.unique("stopped");
        broker.createTopics(2, topic + ".eu", topic + ".us");
        try (KafkaProducer<byte[], byte[]> producer = broker.producer()) {
            for (String replica : List.of("eu", "us")) {
                producer.send(new ProducerRecord<>(topic + "." + replica, 0, 1L, "key".getBytes(UTF_8), new byte[1]))
                        .get();
            }
        }
        assertThat(new Audit(request(topic)).run().verdict()).isEqualTo(AuditResult.Verdict.EQUAL);
        Audit stopped = new Audit(request(topic));

        stopped.stop();
        AuditResult result = stopped.run();

        assertThat(result.verdict()).isEqualTo(AuditResult.Verdict.UNKNOWN);
        assertThat(result.verdict().exitCode()).isEqualTo(2);
        assertThat(result.doubts()).anyMatch(doubt -> doubt.contains("stopped"));
    }

    private AuditRequest request(String topic) {
        Map<String, Object> client = Map.of("bootstrap.servers", broker.bootstrapServers());
        return new AuditRequest(
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
                new AuditRequest.Bounds(2, 1 << 24, 10, Duration.ofSeconds(30)),
                false,
                Optional.empty(),
                RecordCodecs.embedded());
    }
}
