package io.trueup.ops;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.trueup.avro.SingleObjectCodec;
import io.trueup.broker.TestBroker;
import io.trueup.config.TrueupConfig;
import io.trueup.job.Job;
import io.trueup.ops.audit.AuditOutcome;
import io.trueup.ops.audit.AuditRunner;
import io.trueup.schema.WriteEvent;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;

/** A dataset of two replicas on the shared broker, its job, and what the job answers over HTTP. */
final class JobOverHttp implements AutoCloseable {

    static final int PARTITIONS = 2;
    static final String TOKEN = "a-token-of-more-than-16-bytes";

    private static final SingleObjectCodec<WriteEvent> WRITES = SingleObjectCodec.of(WriteEvent.class);
    private static final JsonMapper JSON = JsonMapper.builder().build();

    final String dataset = TestBroker.unique("towns");
    final Job job;
    final Operations operations;
    final OtlpReceiver receiver = new OtlpReceiver();
    private final KafkaProducer<byte[], byte[]> producer;
    private final HttpClient client = HttpClient.newHttpClient();

    JobOverHttp(Path stateDir) {
        TestBroker broker = TestBroker.shared();
        Map<String, String> settings = new TreeMap<>();
        settings.put("bootstrap.servers", broker.bootstrapServers());
        settings.put("dataset", dataset);
        settings.put("replicas", "eu,us");
        settings.put("hash.secret", "0123456789abcdef0123456789abcdef");
        settings.put("state.dir", stateDir.toString());
        settings.put("topics.create", "true");
        settings.put("topics.partitions", Integer.toString(PARTITIONS));
        settings.put("topics.replication.factor", "1");
        settings.put("round.interval", "1s");
        settings.put("grace", "500ms");
        settings.put("repair.timeout", "5s");
        settings.put("tree.segments", "256");
        settings.put("http.listen", "127.0.0.1:0");
        settings.put("http.token", TOKEN);
        settings.put("otlp.url", receiver.url());
        settings.put("otlp.interval", "1s");
        broker.createTopics(PARTITIONS, dataset + ".writes.eu", dataset + ".writes.us");
        TrueupConfig config = TrueupConfig.of(settings);
        job = new Job(config);
        operations = new Operations(config, job, Optional.of((current, order) -> new NothingRead()));
        producer = broker.producer();
    }

    /** An audit that ends at once. */
    private record NothingRead() implements AuditRunner.Run {

        @Override
        public AuditRunner.Progress progress() {
            return new AuditRunner.Progress(0, 0, 0);
        }

        @Override
        public void stop() {}

        @Override
        public AuditOutcome run() {
            return new AuditOutcome("UNKNOWN", false, 0, "<p>report</p>".getBytes(StandardCharsets.UTF_8));
        }
    }

    /** Sends a write event, and waits until it is in its topic. */
    void write(String replica, String key, long version, String value) {
        write(replica, key, version, value, System.currentTimeMillis());
    }

    /** The same for a write with a position of its own. */
    void write(String replica, String key, long version, String value, long positionMs) {
        write(replica, key.getBytes(StandardCharsets.UTF_8), version, value, positionMs);
    }

    /** The same for a key that is no text. */
    void write(String replica, byte[] key, long version, String value) {
        write(replica, key, version, value, System.currentTimeMillis());
    }

    private void write(String replica, byte[] key, long version, String value, long positionMs) {
        String topic = dataset + ".writes." + replica;
        WriteEvent event = WriteEvent.newBuilder()
                .setVersion(version)
                .setPosition(positionMs)
                .setDeleted(false)
                .setValue(ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8)))
                .setRepairId(null)
                .build();
        try {
            producer.send(new ProducerRecord<>(topic, key, WRITES.encode(topic, event)))
                    .get();
        } catch (InterruptedException | ExecutionException e) {
            throw new AssertionError(e);
        }
    }

    /** The keys of all repair events that were sent to a replica. */
    Set<String> repairedKeys(String replica) {
        return TestBroker.shared().readAll(dataset + ".repairs." + replica).stream()
                .map(record -> new String(record.key(), StandardCharsets.UTF_8))
                .collect(Collectors.toSet());
    }

    HttpResponse<String> get(String path) {
        return send(request(path).header("Authorization", "Bearer " + TOKEN));
    }

    /** Sends an action. */
    HttpResponse<String> post(String path, String body) {
        return send(request(path)
                .header("Authorization", "Bearer " + TOKEN)
                .header("Content-Type", "application/json")
                .header("X-Trueup-Action", "1")
                .POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    /** The lines of an answer that does not end. */
    Stream<String> lines(String path) {
        try {
            return client.send(
                            request(path)
                                    .header("Authorization", "Bearer " + TOKEN)
                                    .build(),
                            BodyHandlers.ofLines())
                    .body();
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    HttpResponse<String> getWithoutToken(String path) {
        return send(request(path));
    }

    /** The answer of a path that must be 200, as JSON. */
    JsonNode json(String path) {
        HttpResponse<String> answer = get(path);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return tree(answer);
    }

    static JsonNode tree(HttpResponse<String> answer) {
        try {
            return JSON.readTree(answer.body());
        } catch (IOException e) {
            throw new AssertionError(answer.body(), e);
        }
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(operations.address() + path));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return client.send(request.build(), BodyHandlers.ofString());
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        producer.close();
        job.close();
        operations.close();
        receiver.close();
    }
}
