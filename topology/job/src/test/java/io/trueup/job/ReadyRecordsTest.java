package io.trueup.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.avro.Encoding;
import io.trueup.avro.RecordCodecs;
import io.trueup.avro.SchemaRegistry;
import io.trueup.avro.SubjectNaming;
import io.trueup.config.TrueupConfig;
import io.trueup.stream.ReplicaContext.Codecs;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

class ReadyRecordsTest {

    private static final Map<String, String> SETTINGS = Map.of(
            "bootstrap.servers",
            "localhost:9092",
            "dataset",
            "shop",
            "replicas",
            "eu,us",
            "hash.secret",
            "0123456789abcdef0123456789abcdef",
            "schema.registry.url",
            "http://localhost:8081");

    private final AskedRegistry registry = new AskedRegistry();
    private final TrueupConfig config = TrueupConfig.of(SETTINGS);
    private final Codecs codecs = Codecs.of(config, RecordCodecs.of(registry, SubjectNaming.RECORD, Encoding.REGISTRY));

    /** Whoever may write to the control topic can invent ids, and the registry would be asked for each. */
    @Test
    void shouldAskNoRegistryForForgedMessages() {
        for (int id = 0; id < 10_000; id++) {
            assertThat(isReady(message(id, new byte[] {1, 2, 3}))).isTrue();
        }
        assertThat(registry.asked).isEmpty();
    }

    @Test
    void shouldAskForTheSchemaOfAnAuthenticMessage() {
        ConsumerRecord<byte[], byte[]> message = message(7, new byte[] {1, 2, 3});
        codecs.controlMac().sign(message.key(), message.value(), message.headers());

        assertThat(isReady(message)).isFalse();
        assertThat(registry.asked).containsExactly(7);
    }

    @Test
    void shouldAskForTheSchemasOfValuesWhereRecordsAreCompared() {
        Map<String, String> settings = new HashMap<>(SETTINGS);
        settings.put("replica.eu.writes.format", "plain");
        byte[] value = {0, 0, 0, 0, 9, 1};

        assertThat(isReady(TrueupConfig.of(settings), value)).isTrue();
        settings.put("value.canonical", "avro");
        assertThat(isReady(TrueupConfig.of(settings), value)).isFalse();
        assertThat(isReady(TrueupConfig.of(settings), null)).isTrue();
        assertThat(registry.asked).containsExactly(9);
    }

    private boolean isReady(TrueupConfig plain, byte[] value) {
        ConsumerRecord<byte[], byte[]> write =
                new ConsumerRecord<>(plain.replica("eu").writesTopic(), 0, 0, new byte[] {1}, value);
        return ReadyRecords.of(plain, "eu", codecs).get(write.topic()).test(write);
    }

    private boolean isReady(ConsumerRecord<byte[], byte[]> message) {
        return ReadyRecords.of(config, "eu", codecs).get(message.topic()).test(message);
    }

    private ConsumerRecord<byte[], byte[]> message(int id, byte[] record) {
        byte[] value = ByteBuffer.allocate(5 + record.length)
                .put((byte) 0)
                .putInt(id)
                .put(record)
                .array();
        return new ConsumerRecord<>(config.controlTopic(), 0, 0, new byte[] {1}, value);
    }

    /** Knows nothing. */
    private static final class AskedRegistry implements SchemaRegistry {

        private final List<Integer> asked = new ArrayList<>();

        @Override
        public Schema schema(int id) {
            throw new IllegalStateException("a stream thread would wait");
        }

        @Override
        public boolean isSettled(int id) {
            asked.add(id);
            return false;
        }

        @Override
        public int id(String subject, Schema schema) {
            return 1;
        }

        @Override
        public void close() {}
    }
}
