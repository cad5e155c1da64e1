package io.trueup.stream;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodecs;
import io.trueup.avro.SingleObjectCodec;
import io.trueup.config.TrueupConfig;
import io.trueup.reconcile.Repair;
import io.trueup.reconcile.exchange.RoundMemory;
import io.trueup.reconcile.flood.FloodTotals;
import io.trueup.repair.ReadRequest;
import io.trueup.repair.ReadResult;
import io.trueup.repair.ReadResult.Outcome;
import io.trueup.report.FloodAlarm;
import io.trueup.schema.RoundReport;
import io.trueup.schema.WriteEvent;
import io.trueup.state.EntryStore;
import io.trueup.state.RestoreStarts;
import io.trueup.state.StateIdentity;
import io.trueup.stream.ReplicaContext.Codecs;
import io.trueup.stream.ReplicaContext.WritesTopic;
import io.trueup.stream.decode.DeadLetters;
import io.trueup.stream.record.MessageLimits;
import io.trueup.tree.VersionVector;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Properties;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.streams.TestInputTopic;
import org.apache.kafka.streams.TestOutputTopic;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.processor.internals.StreamTask;
import org.apache.kafka.streams.test.TestRecord;

/**
 * The topology of one replica under a clock of its own, with one partition. What is written is consumed at once; values are
 * read back from memory.
 */
final class SimulatedReplica implements AutoCloseable {

    private static final SingleObjectCodec<WriteEvent> WRITES = SingleObjectCodec.of(WriteEvent.class);
    private static final SingleObjectCodec<RoundReport> REPORTS = SingleObjectCodec.of(RoundReport.class);

    final ReplicaMetrics metrics = new ReplicaMetrics();
    final MessageLimits limits = new MessageLimits(1_048_576);
    final Map<Long, byte[]> values = new HashMap<>();
    private final Map<Long, Long> versions = new HashMap<>();
    private final TrueupConfig config;
    private final String name;
    private final ReplicaContext context;
    private final TopologyTestDriver driver;
    /** Offsets that the writes topic has, and that are not read. */
    long unread;

    final List<Long> rewoundTo = new ArrayList<>();
    /** The last offset returned before the position became invalid. */
    OptionalLong invalid = OptionalLong.empty();

    private long returnedTo = ConsumerPositions.UNKNOWN;
    /** The next offset when the position was set: nothing was returned since. */
    private long rewoundAt = ConsumerPositions.UNKNOWN;

    private long nextOffset;
    private long steadyMs;
    private long steppedMs;

    SimulatedReplica(TrueupConfig config, String name, Instant start, Duration ahead) {
        this(config, name, start, ahead, new WholeHistory(), RoundMemory.unlimited());
    }

    SimulatedReplica(TrueupConfig config, String name, Instant start, Duration ahead, WritesHistory history) {
        this(config, name, start, ahead, history, RoundMemory.unlimited());
    }

    SimulatedReplica(TrueupConfig config, String name, Instant start, RoundMemory memory) {
        this(config, name, start, Duration.ZERO, new WholeHistory(), memory);
    }

    private SimulatedReplica(
            TrueupConfig config,
            String name,
            Instant start,
            Duration ahead,
            WritesHistory history,
            RoundMemory memory) {
        this.config = config;
        this.name = name;
        steadyMs = start.toEpochMilli();
        steppedMs = ahead.toMillis();
        context = new ReplicaContext(
                name,
                new AtomicReference<>(ActiveConfig.of(
                        config, config.settings(name), PlacementChange.none(), RecordCodecs.embedded())),
                new StateIdentity(
                        writesTopic(), new Uuid(1, 2), config.settings(name).secret()),
                new WritesTopic(
                        false,
                        new EverythingRead(),
                        partition -> CompletableFuture.completedFuture(nextOffset + unread),
                        history,
                        FeedProgress.NONE),
                Codecs.of(config, RecordCodecs.embedded()),
                new ValuesInMemory(),
                new DeadLetters(name, metrics::malformed, () -> limits.maxBytes(config.deadLetterTopic())),
                metrics,
                new ReplicaContext.Shared(new FloodAlarm(config), FloodTotals.NONE, memory),
                new JobClocks(this::wallMs, () -> steadyMs),
                new ReplicaContext.Sending(false, config.repairRate(), limits));
        Properties properties = new Properties();
        properties.putAll(config.streamsProperties(name));
        driver = new TopologyTestDriver(
                ReplicaTopology.of(context, topic -> Uuid.ONE_UUID, new RestoreStarts()), properties, start);
    }

    /** Puts another configuration in force, as a running job does. */
    void reconfigure(TrueupConfig changed) {
        context.activeConfig()
                .set(ActiveConfig.of(changed, changed.settings(name), PlacementChange.none(), RecordCodecs.embedded()));
    }

    ReplicaContext context() {
        return context;
    }

    String writesTopic() {
        return config.replica(name).writesTopic();
    }

    /** Stores a value, and remembers it for repairs. */
    void write(String key, long version, long positionMs, String value) {
        values.put(nextOffset, bytes(value));
        write(bytes(key), WRITES.encode(writesTopic(), event(version, positionMs, value)));
    }

    /** Stores a value under a version vector, and remembers it for repairs. */
    void write(String key, Map<String, Long> vector, long positionMs, String value) {
        values.put(nextOffset, bytes(value));
        versions.put(nextOffset, VersionVector.of(vector).total());
        WriteEvent event = event(0, positionMs, value);
        event.setVector(vector);
        write(bytes(key), WRITES.encode(writesTopic(), event));
    }

    void observe(String key) {
        observe(new TestRecord<>(bytes(key), null));
    }

    void observe(TestRecord<byte[], byte[]> observation) {
        input(config.observationsTopic().orElseThrow()).pipeInput(observation);
    }

    List<TestRecord<byte[], byte[]>> conflicts() {
        return output(config.conflictsTopic());
    }

    void delete(String key, long version, long positionMs) {
        write(bytes(key), WRITES.encode(writesTopic(), event(version, positionMs, null)));
    }

    void write(byte[] key, byte[] value) {
        write(new TestRecord<>(key, value));
    }

    void write(TestRecord<byte[], byte[]> record) {
        nextOffset++;
        input(writesTopic()).pipeInput(record);
    }

    static WriteEvent event(long version, long positionMs, String value) {
        return WriteEvent.newBuilder()
                .setVersion(version)
                .setPosition(positionMs)
                .setDeleted(value == null)
                .setValue(value == null ? null : ByteBuffer.wrap(bytes(value)))
                .build();
    }

    /** Takes in a record of the control topic that has the MAC of the dataset. */
    void hear(byte[] key, byte[] value) {
        Headers headers = new RecordHeaders();
        context.codecs().controlMac().sign(key, value, headers);
        hear(new TestRecord<>(key, value, headers));
    }

    void hear(TestRecord<byte[], byte[]> record) {
        input(config.controlTopic()).pipeInput(record);
    }

    void seeRepair(TestRecord<byte[], byte[]> repair) {
        input(config.replica(name).repairsTopic()).pipeInput(repair);
    }

    /** The wall clock is wrong by this from now on; the time of the driver is the monotonic one. */
    void step(Duration by) {
        steppedMs = by.toMillis();
    }

    private long wallMs() {
        return steadyMs + steppedMs;
    }

    void pass(Duration time) {
        steadyMs += time.toMillis();
        driver.advanceWallClockTime(time);
    }

    /** The task is suspended and starts again, on the same processors, as in a rebalance that gives it back to its thread. */
    void startAgain() throws ReflectiveOperationException {
        Field field = TopologyTestDriver.class.getDeclaredField("task");
        field.setAccessible(true);
        StreamTask task = (StreamTask) field.get(driver);
        task.suspend();
        task.resume();
        task.completeRestoration(partitions -> {});
    }

    /** Records up to an offset were returned, and wait. */
    void returnedTo(long offset) {
        returnedTo = offset;
    }

    EntryStore entries() {
        return EntryStore.of(driver.getAllStateStores().get(EntryStore.NAME));
    }

    List<TestRecord<byte[], byte[]>> control() {
        return output(config.controlTopic());
    }

    List<TestRecord<byte[], byte[]>> repairsOf(String target) {
        String topic = context.config().replica(target).repairsTopic();
        return driver.producedTopicNames().contains(topic) ? output(topic) : List.of();
    }

    List<TestRecord<byte[], byte[]>> deadLetters() {
        return output(config.deadLetterTopic());
    }

    List<RoundReport> reports() {
        return output(config.roundsTopic()).stream()
                .map(record -> {
                    try {
                        return REPORTS.decode(config.roundsTopic(), record.value());
                    } catch (MalformedRecordException e) {
                        throw new AssertionError(e);
                    }
                })
                .toList();
    }

    private TestInputTopic<byte[], byte[]> input(String topic) {
        return driver.createInputTopic(topic, new ByteArraySerializer(), new ByteArraySerializer());
    }

    private List<TestRecord<byte[], byte[]>> output(String topic) {
        TestOutputTopic<byte[], byte[]> output =
                driver.createOutputTopic(topic, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        return output.readRecordsToList();
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        driver.close();
    }

    /** Answers everything at once. */
    private final class ValuesInMemory implements ValueReads {
        private final Queue<ReadResult<Repair>> answers = new ArrayDeque<>();

        @Override
        public boolean offer(ReadRequest<Repair> request) {
            long version = versions.getOrDefault(request.offset(), request.version());
            byte[] value = version == request.version() ? values.get(request.offset()) : null;
            Outcome outcome = value == null ? Outcome.GONE : Outcome.VALUE;
            return answers.add(new ReadResult<>(request, outcome, value, null));
        }

        @Override
        public ReadResult<Repair> poll(int partition) {
            return answers.poll();
        }

        @Override
        public void forget(int partition) {
            answers.clear();
        }
    }

    /** The test driver processes each record before it takes the next. */
    private final class EverythingRead implements ConsumerPositions {

        @Override
        public long readTo(TopicPartition partition) {
            return nextOffset;
        }

        @Override
        public long lastReturned(TopicPartition partition) {
            return nextOffset == rewoundAt ? UNKNOWN : Math.max(nextOffset - 1, returnedTo);
        }

        @Override
        public void rewind(TopicPartition partition, long offset) {
            rewoundTo.add(offset);
            rewoundAt = nextOffset;
        }

        @Override
        public OptionalLong takeInvalid(TopicPartition partition) {
            OptionalLong taken = invalid;
            returnedTo = taken.orElse(returnedTo);
            invalid = OptionalLong.empty();
            return taken;
        }
    }

    /** A topic that begins at offset 0, of which the application has consumed nothing. */
    private static final class WholeHistory implements WritesHistory {

        @Override
        public Offsets offsets(TopicPartition writes) {
            return new Offsets(0, Long.MAX_VALUE, OptionalLong.empty());
        }

        @Override
        public OptionalLong beginningMs(TopicPartition writes) {
            throw new IllegalStateException("the topic begins at offset 0");
        }

        @Override
        public long deletesKeptMs(TopicPartition writes) {
            return KEPT_FOR_EVER;
        }
    }
}
