package io.trueup.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.test.TestRecord;

/** A store in a task of Kafka Streams, without a broker. */
final class StoreDriver implements AutoCloseable {

    static final byte[] SECRET = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
    static final StateIdentity IDENTITY = new StateIdentity("writes.eu", new Uuid(7, 8), SECRET);

    private static final Uuid CHANGELOG_ID = new Uuid(9, 10);
    private static final String APPLICATION = "entry-store-test";

    private final TopologyTestDriver driver;
    private final TestOutputTopic<byte[], byte[]> changelog;

    StoreDriver(boolean inMemory, Path directory) {
        Topology topology = new Topology();
        topology.addSource("source", new ByteArrayDeserializer(), new ByteArrayDeserializer(), "writes");
        topology.addProcessor("user", Idle::new, "source");
        topology.addStateStore(EntryStore.builder(inMemory, topic -> CHANGELOG_ID, new RestoreStarts()), "user");
        Properties properties = new Properties();
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, APPLICATION);
        properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "localhost:1");
        properties.put(StreamsConfig.STATE_DIR_CONFIG, directory.toString());
        driver = new TopologyTestDriver(topology, properties);
        changelog = driver.createOutputTopic(
                EntryStore.changelog(APPLICATION), new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    EntryStore entries() {
        return EntryStore.of(driver.getAllStateStores().get(EntryStore.NAME));
    }

    void commit() {
        driver.createInputTopic("writes", new ByteArraySerializer(), new ByteArraySerializer())
                .pipeInput(new byte[] {1}, new byte[] {1});
    }

    /** The records that the changelog has got since the last call. */
    Map<Bytes, byte[]> logged() {
        driver.advanceWallClockTime(Duration.ZERO); // collects records, and commits nothing
        Map<Bytes, byte[]> logged = new HashMap<>();
        for (TestRecord<byte[], byte[]> next : changelog.readRecordsToList()) {
            assertThat(logged).as("logged once").doesNotContainKey(Bytes.wrap(next.key()));
            logged.put(Bytes.wrap(next.key()), next.value());
        }
        return logged;
    }

    static Entry entry(String key, long version) {
        byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
        return new Entry(bytes, version, 1, 1, 1, Entry.NEVER, false, false, new Hash128(version, 1), version);
    }

    @Override
    public void close() {
        driver.close();
    }

    private static final class Idle implements Processor<byte[], byte[], Void, Void> {
        @Override
        public void process(Record<byte[], byte[]> record) {}
    }
}
