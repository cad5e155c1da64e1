package io.trueup.history;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RegistryUnavailableException;
import io.trueup.config.TrueupConfig;
import io.trueup.topic.Place;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.errors.WakeupException;

/**
 * Reads the committed records of a dataset's topics, and passes on their contents in order of record time. It assigns itself the
 * partitions: no group, no commits, no writes.
 *
 * <p>Memory is bounded, however long the topics are: partitions are read side by side and merged through a window of at most
 * {@value Merge#LANE_CAPACITY} events and one poll for each partition, without the values of the dataset. A partition that is
 * ahead of the slowest is paused. Records that are out of order within one partition stay so.
 *
 * <p>Not thread-safe, except {@link #stop}. All methods throw {@link ReplayFailedException} if the brokers do not answer,
 * or if a topic is missing or may not be read.
 */
public final class Replay implements AutoCloseable {

    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration CLOSE = Duration.ofSeconds(1);
    private static final int MAX_POLL_RECORDS = 500;
    private static final int MAX_FETCH_BYTES = 16 << 20;

    /** A record that is past the end of a range by less may be followed by records of the range. */
    private static final long DISORDER_MS = 60_000;

    private final TrueupConfig config;
    private final List<ReplayedTopic> topics;
    private final Duration patience;
    private final UnreadableRecords unreadable = new UnreadableRecords();
    private final org.apache.kafka.clients.consumer.Consumer<byte[], byte[]> consumer;
    private final List<TopicPartition> lanes = new ArrayList<>();
    private final Map<TopicPartition, Integer> laneOf = new HashMap<>();
    private final Map<String, ReplayedTopic> topicByName = new HashMap<>();
    private final Map<String, Long> deletedBefore = new TreeMap<>();
    private final List<String> deletedMeanwhile = new CopyOnWriteArrayList<>();
    private TimeRange range = TimeRange.ALL;
    private volatile boolean readToTheEnd;
    private volatile boolean stopped;

    /**
     * Opens connections and finds the partitions.
     *
     * @param config the configuration of a job
     * @param topics the topics to be read, each once
     * @param patience how long brokers may take to answer, and may send no record although there are some
     */
    public Replay(TrueupConfig config, List<ReplayedTopic> topics, Duration patience) {
        this(config, topics, patience, new KafkaConsumer<>(properties(config, patience)));
    }

    /**
     * The same with a consumer of the caller.
     *
     * @param consumer assigns itself no partition, and is closed with this
     */
    public Replay(
            TrueupConfig config,
            List<ReplayedTopic> topics,
            Duration patience,
            org.apache.kafka.clients.consumer.Consumer<byte[], byte[]> consumer) {
        this.patience = patience;
        this.config = config;
        this.topics = List.copyOf(topics);
        this.consumer = consumer;
        try {
            this.topics.forEach(this::addLanes);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private static Map<String, Object> properties(TrueupConfig config, Duration patience) {
        Map<String, Object> properties = config.consumerProperties();
        properties.put(CommonClientConfigs.CLIENT_ID_CONFIG, "trueup-" + config.dataset() + "-history");
        properties.put(
                ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) Math.min(Integer.MAX_VALUE, patience.toMillis()));
        properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, MAX_POLL_RECORDS);
        properties.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, MAX_FETCH_BYTES);
        return properties;
    }

    private void addLanes(ReplayedTopic topic) {
        List<PartitionInfo> partitions = partitions(topic.name());
        if (topic.partition() != null && topic.partition() >= partitions.size()) {
            throw new ReplayFailedException("topic " + topic.name() + " has no partition " + topic.partition()
                    + "; they are numbered from 0 to " + (partitions.size() - 1));
        }
        topicByName.put(topic.name(), topic);
        for (PartitionInfo info : partitions) {
            if (topic.partition() == null || topic.partition() == info.partition()) {
                TopicPartition partition = new TopicPartition(topic.name(), info.partition());
                laneOf.put(partition, lanes.size());
                lanes.add(partition);
            }
        }
    }

    /** How many partitions a topic has. */
    public int partitionsOf(String topic) {
        return partitions(topic).size();
    }

    private List<PartitionInfo> partitions(String topic) {
        List<PartitionInfo> partitions = request(topic, () -> consumer.partitionsFor(topic));
        if (stopped) {
            throw new ReplayFailedException("interrupted before the brokers said whether topic " + topic + " exists");
        }
        if (partitions == null || partitions.isEmpty()) {
            throw missing(topic);
        }
        return partitions;
    }

    /**
     * Reads a range of time, up to the records that are there now. The events that are passed on may include some before and
     * after the range.
     */
    public void run(TimeRange wanted, Consumer<Event> sink) {
        range = wanted;
        request(config.controlTopic(), () -> {
            read(sink);
            return null;
        });
    }

    /**
     * Continues where {@link #run} has ended, with records that are appended, until {@link #stop} or an interrupt. The events of
     * one poll are sorted by time; those of a later poll are passed on later.
     *
     * @param idle called after each poll, at least about every 100 ms
     */
    public void follow(Consumer<Event> sink, Runnable idle) {
        request(config.controlTopic(), () -> {
            consumer.resume(consumer.paused());
            long heardAtNanos = System.nanoTime();
            while (!stopped && !Thread.currentThread().isInterrupted()) {
                List<Event> events = new ArrayList<>();
                ConsumerRecords<byte[], byte[]> records = poll();
                if (!records.isEmpty()) {
                    heardAtNanos = System.nanoTime();
                } else if (System.nanoTime() - heardAtNanos > patience.toNanos()) {
                    consumer.endOffsets(
                            lanes); // fails if no broker answers: no records alone may mean that nothing happens
                    heardAtNanos = System.nanoTime();
                }
                records.forEach(record -> take(record, events::add));
                events.sort(Comparator.comparingLong(event -> event.place().timeMs()));
                events.forEach(sink);
                idle.run();
            }
            return null;
        });
    }

    /** Lets {@link #run} and {@link #follow} end soon. May be called from another thread. */
    public void stop() {
        stopped = true;
        consumer.wakeup();
    }

    /** Whether it was stopped. */
    public boolean isStopped() {
        return stopped;
    }

    /**
     * Whether {@link #run} has passed on every record of its range that the topics still had when it began. It has not if it was
     * stopped or interrupted, or if records were deleted before they were read.
     */
    public boolean isWhole() {
        return readToTheEnd && deletedMeanwhile.isEmpty();
    }

    /** Ranges of offsets that were deleted while they were to be read. */
    public List<String> deletedMeanwhile() {
        return List.copyOf(deletedMeanwhile);
    }

    /**
     * Partitions in which the beginning of the range was deleted, for example by retention, with the first offset that is left.
     */
    public SortedMap<String, Long> deletedBefore() {
        return new TreeMap<>(deletedBefore);
    }

    /** The malformed records of the range so far: what they say is not among the events. */
    public UnreadableRecords unreadable() {
        return unreadable;
    }

    private void read(Consumer<Event> sink) {
        consumer.assign(lanes);
        Map<TopicPartition, Long> ends = seek();
        Merge<Event> merge = new Merge<>(lanes.size());
        finish(merge, ends);
        long movedAtNanos = System.nanoTime();
        while (!stopped && laneOf.values().stream().anyMatch(merge::isOpen)) {
            ConsumerRecords<byte[], byte[]> records = poll();
            if (!records.isEmpty()) {
                movedAtNanos = System.nanoTime();
            } else if (System.nanoTime() - movedAtNanos > patience.toNanos()) {
                throw stalled(merge, ends);
            }
            for (ConsumerRecord<byte[], byte[]> record : records) {
                TopicPartition partition = new TopicPartition(record.topic(), record.partition());
                if (record.offset() < ends.get(partition)) {
                    int lane = laneOf.get(partition);
                    take(record, event -> merge.add(lane, event, event.place().timeMs()));
                }
            }
            finish(merge, ends);
            merge.drain(sink);
            keepPace(merge);
        }
        readToTheEnd = laneOf.values().stream().noneMatch(merge::isOpen);
    }

    /** Seeks the beginning of the range, and returns where it ends. */
    private Map<TopicPartition, Long> seek() {
        Map<TopicPartition, Long> ends = new HashMap<>(consumer.endOffsets(lanes));
        if (range.untilMs().isPresent()) {
            offsetsAt(range.untilMs().getAsLong() + DISORDER_MS)
                    .forEach((partition, offset) -> ends.merge(partition, offset, Math::min));
        }
        Map<TopicPartition, Long> begins = consumer.beginningOffsets(lanes);
        Map<TopicPartition, Long> starts = new HashMap<>(begins);
        if (range.sinceMs().isPresent()) {
            Map<TopicPartition, Long> since = offsetsAt(range.sinceMs().getAsLong());
            lanes.forEach(partition -> starts.put(partition, since.getOrDefault(partition, ends.get(partition))));
        }
        begins.forEach((partition, begin) -> {
            if (begin > 0 && starts.get(partition) <= begin) {
                deletedBefore.put(partition.toString(), begin);
            }
        });
        starts.forEach(consumer::seek);
        return ends;
    }

    private Map<TopicPartition, Long> offsetsAt(long timeMs) {
        Map<TopicPartition, Long> asked = new HashMap<>();
        lanes.forEach(partition -> asked.put(partition, Math.max(0, timeMs)));
        Map<TopicPartition, Long> found = new HashMap<>();
        for (Map.Entry<TopicPartition, OffsetAndTimestamp> entry :
                consumer.offsetsForTimes(asked).entrySet()) {
            if (entry.getValue() != null) {
                found.put(entry.getKey(), entry.getValue().offset());
            }
        }
        return found;
    }

    private ConsumerRecords<byte[], byte[]> poll() {
        try {
            return consumer.poll(POLL);
        } catch (OffsetOutOfRangeException e) {
            passOver(e.offsetOutOfRangePartitions());
            return ConsumerRecords.empty();
        } catch (WakeupException e) {
            return ConsumerRecords.empty();
        } catch (InterruptException | AuthorizationException | AuthenticationException e) {
            throw e;
        } catch (KafkaException e) {
            throw new ReplayFailedException(
                    "the brokers at " + config.bootstrapServers() + " do not send all records: " + e.getMessage()
                            + ". The history up to there is not whole. Try again; if it goes on, look into the logs of the brokers.",
                    e);
        }
    }

    /** Goes on behind records that retention deleted before they were read. Nothing else makes a position invalid but a loss. */
    private void passOver(Map<TopicPartition, Long> positions) {
        Map<TopicPartition, Long> begins = consumer.beginningOffsets(positions.keySet());
        positions.forEach((partition, position) -> {
            long begin = begins.get(partition);
            if (begin <= position) {
                throw new ReplayFailedException(partition + " has lost records while it was read: it begins at offset "
                        + begin + ", and ends before offset " + position
                        + ", or has another history there. Run the command again.");
            }
            deletedMeanwhile.add(partition + " from offset " + position + " up to " + begin);
            consumer.seek(partition, begin);
        });
    }

    private void take(ConsumerRecord<byte[], byte[]> record, Consumer<Event> sink) {
        Place place = new Place(record.topic(), record.partition(), record.offset(), record.timestamp());
        try {
            Event event = topicByName.get(record.topic()).reader().read(place, record);
            if (event != null) {
                sink.accept(event);
            }
        } catch (MalformedRecordException e) {
            if (range.contains(place.timeMs())) {
                unreadable.add(place, e.getMessage());
            }
        }
    }

    /** Closes the lanes whose positions have reached their ends, and seeks the ends of those that were read beyond them. */
    private void finish(Merge<Event> merge, Map<TopicPartition, Long> ends) {
        laneOf.forEach((partition, lane) -> {
            if (merge.isOpen(lane) && consumer.position(partition) >= ends.get(partition)) {
                merge.close(lane);
                consumer.seek(partition, Math.max(ends.get(partition), 0));
                consumer.pause(List.of(partition));
            }
        });
    }

    private ReplayFailedException stalled(Merge<Event> merge, Map<TopicPartition, Long> ends) {
        List<String> open = new ArrayList<>();
        laneOf.forEach((partition, lane) -> {
            if (merge.isOpen(lane)) {
                open.add(partition + " from offset " + consumer.position(partition) + " up to " + ends.get(partition));
            }
        });
        return new ReplayFailedException("no record came within " + patience.toMillis() / 1000.0
                + " s from the brokers at " + config.bootstrapServers() + ", of " + String.join(", ", open)
                + ". Check that the brokers run, or wait longer with --patience.");
    }

    private void keepPace(Merge<Event> merge) {
        Set<TopicPartition> full = new HashSet<>();
        Set<TopicPartition> waiting = new HashSet<>();
        laneOf.forEach((partition, lane) -> {
            if (merge.isOpen(lane)) {
                (merge.isFull(lane) ? full : waiting).add(partition);
            }
        });
        consumer.pause(full);
        consumer.resume(waiting);
    }

    private <T> T request(String topic, Supplier<T> question) {
        try {
            return question.get();
        } catch (InterruptException | WakeupException e) {
            stopped = true; // an interrupt ends the replay
            return null;
        } catch (RegistryUnavailableException e) {
            throw new ReplayFailedException(
                    "The history is not whole, because a record cannot be decoded: " + e.getMessage()
                            + ". Try again when the schema registry answers.",
                    e);
        } catch (KafkaException e) {
            throw failed(topic, e);
        }
    }

    private ReplayFailedException failed(String topic, KafkaException cause) {
        if (cause instanceof UnknownTopicOrPartitionException) {
            return missing(topic);
        }
        if (cause instanceof TopicAuthorizationException refused) {
            return refused(refused.unauthorizedTopics(), cause);
        }
        if (cause instanceof AuthorizationException) {
            return refused(List.of(topic), cause);
        }
        if (cause instanceof AuthenticationException) {
            return new ReplayFailedException(
                    "The brokers at " + config.bootstrapServers() + " do not accept the credentials: "
                            + cause.getMessage() + ". Check the security settings below kafka.",
                    cause);
        }
        return new ReplayFailedException(
                "no answer about topic " + topic + " from the brokers at " + config.bootstrapServers() + ": "
                        + cause.getMessage() + ". Check bootstrap.servers, and that the brokers run.",
                cause);
    }

    private static ReplayFailedException refused(Collection<String> topics, KafkaException cause) {
        return new ReplayFailedException(
                "Not authorized for the topics " + topics + ": grant the ACL operation Read on them", cause);
    }

    private ReplayFailedException missing(String topic) {
        return new ReplayFailedException(
                "topic " + topic + " does not exist on " + config.bootstrapServers() + ": a job of dataset "
                        + config.dataset() + " must have been started there before, with the same topics");
    }

    @Override
    public void close() {
        boolean interrupted = Thread.interrupted();
        consumer.close(CloseOptions.timeout(CLOSE));
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
