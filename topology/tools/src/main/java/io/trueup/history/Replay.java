package io.trueup.history;

import io.trueup.avro.MalformedRecordException;
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
 * Reads topics of a dataset, committed records only, and hands on what they tell in order of record time. It assigns itself
 * the partitions: no group, no commits, nothing written.
 *
 * <p>Memory is bounded, however long the topics are: partitions are read side by side and merged through a window of at most
 * {@value Merge#LANE_CAPACITY} events and one poll for each partition, without the values of the dataset. A partition that is ahead of the
 * slowest pauses. Records that are out of order within one partition stay so.
 *
 * <p>Not thread-safe, but for {@link #stop}. All methods throw {@link ReplayFailedException} where the brokers do not answer,
 * a topic is missing or may not be read.
 */
public final class Replay implements AutoCloseable {

    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration CLOSE = Duration.ofSeconds(1);
    private static final int MOST_RECORDS = 500;
    private static final int MOST_BYTES = 16 << 20;

    /** What is past the end of a span by less may still lie among records of the span. */
    private static final long DISORDER_MS = 60_000;

    private final TrueupConfig config;
    private final List<ReplayedTopic> feeds;
    private final Duration patience;
    private final UnreadableRecords unreadable = new UnreadableRecords();
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final List<TopicPartition> lanes = new ArrayList<>();
    private final Map<TopicPartition, Integer> laneOf = new HashMap<>();
    private final Map<String, ReplayedTopic> feedOf = new HashMap<>();
    private final Map<String, Long> deletedBefore = new TreeMap<>();
    private volatile boolean stopped;

    /**
     * Opens connections and finds the partitions.
     *
     * @param config the configuration of a job
     * @param feeds what is to be read, each topic once
     * @param patience how long brokers may take to answer, and give nothing of what is there
     */
    public Replay(TrueupConfig config, List<ReplayedTopic> feeds, Duration patience) {
        this.patience = patience;
        this.config = config;
        this.feeds = List.copyOf(feeds);
        Map<String, Object> properties = config.consumerProperties();
        properties.put(CommonClientConfigs.CLIENT_ID_CONFIG, "trueup-" + config.dataset() + "-history");
        properties.put(
                ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) Math.min(Integer.MAX_VALUE, patience.toMillis()));
        properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, MOST_RECORDS);
        properties.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, MOST_BYTES);
        consumer = new KafkaConsumer<>(properties);
        try {
            this.feeds.forEach(this::addLanes);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private void addLanes(ReplayedTopic feed) {
        List<PartitionInfo> partitions = answered(feed.topic(), () -> consumer.partitionsFor(feed.topic()));
        if (partitions == null || partitions.isEmpty()) {
            throw missing(feed.topic());
        }
        if (feed.partition() != null && feed.partition() >= partitions.size()) {
            throw new ReplayFailedException("topic " + feed.topic() + " has no partition " + feed.partition()
                    + "; they are numbered from 0 to " + (partitions.size() - 1));
        }
        feedOf.put(feed.topic(), feed);
        for (PartitionInfo info : partitions) {
            if (feed.partition() == null || feed.partition() == info.partition()) {
                TopicPartition partition = new TopicPartition(feed.topic(), info.partition());
                laneOf.put(partition, lanes.size());
                lanes.add(partition);
            }
        }
    }

    /** How many partitions a topic has. */
    public int partitionsOf(String topic) {
        List<PartitionInfo> partitions = answered(topic, () -> consumer.partitionsFor(topic));
        if (partitions == null || partitions.isEmpty()) {
            throw missing(topic);
        }
        return partitions.size();
    }

    /**
     * Reads from the begin of a span to its end, but not beyond what is there now. Events before and after the span may be
     * among what is handed on.
     */
    public void run(TimeRange span, Consumer<Event> sink) {
        answered(config.controlTopic(), () -> {
            read(span, sink);
            return null;
        });
    }

    /**
     * Goes on where {@link #run} has ended, with what is appended, until {@link #stop} or an interrupt. What comes with one poll
     * is put in order; what comes later is handed on later.
     *
     * @param idle called after each poll, at least about every 100 ms
     */
    public void follow(Consumer<Event> sink, Runnable idle) {
        answered(config.controlTopic(), () -> {
            consumer.resume(consumer.paused());
            long heardAtNanos = System.nanoTime();
            while (!stopped && !Thread.currentThread().isInterrupted()) {
                List<Event> events = new ArrayList<>();
                ConsumerRecords<byte[], byte[]> records = poll();
                if (!records.isEmpty()) {
                    heardAtNanos = System.nanoTime();
                } else if (System.nanoTime() - heardAtNanos > patience.toNanos()) {
                    consumer.endOffsets(lanes); // fails if nobody answers: silence alone may mean that nothing happens
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

    /** Ends {@link #run} and {@link #follow} soon. May be called from another thread. */
    public void stop() {
        stopped = true;
        consumer.wakeup();
    }

    /** Whether it was stopped. */
    public boolean isStopped() {
        return stopped;
    }

    /**
     * Partitions of which the beginning of what was to be read is deleted, such as by retention, with the first offset that is
     * left.
     */
    public SortedMap<String, Long> deletedBefore() {
        return new TreeMap<>(deletedBefore);
    }

    /** The records so far that could not be understood. */
    public UnreadableRecords unreadable() {
        return unreadable;
    }

    private void read(TimeRange span, Consumer<Event> sink) {
        consumer.assign(lanes);
        Map<TopicPartition, Long> ends = seek(span);
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
    }

    /** Goes to the begin of a span, and returns where it ends. */
    private Map<TopicPartition, Long> seek(TimeRange span) {
        Map<TopicPartition, Long> ends = new HashMap<>(consumer.endOffsets(lanes));
        if (span.untilMs().isPresent()) {
            offsetsAt(span.untilMs().getAsLong() + DISORDER_MS)
                    .forEach((partition, offset) -> ends.merge(partition, offset, Math::min));
        }
        Map<TopicPartition, Long> begins = consumer.beginningOffsets(lanes);
        Map<TopicPartition, Long> starts = new HashMap<>(begins);
        if (span.sinceMs().isPresent()) {
            Map<TopicPartition, Long> since = offsetsAt(span.sinceMs().getAsLong());
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
            consumer.seekToBeginning(e.partitions()); // retention deleted what was to be read
            return ConsumerRecords.empty();
        } catch (WakeupException e) {
            return ConsumerRecords.empty();
        }
    }

    private void take(ConsumerRecord<byte[], byte[]> record, Consumer<Event> sink) {
        Place place = new Place(record.topic(), record.partition(), record.offset(), record.timestamp());
        try {
            Event event = feedOf.get(record.topic()).reader().read(place, record);
            if (event != null) {
                sink.accept(event);
            }
        } catch (MalformedRecordException e) {
            unreadable.add(place, e.getMessage());
        }
    }

    /** Closes the lanes that have come to their ends, and goes back to the end where more was read already. */
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
        return new ReplayFailedException("nothing came within " + patience.toMillis() / 1000.0
                + " s from the brokers at " + config.bootstrapServers() + " of " + String.join(", ", open)
                + ". Check that they run, or wait longer with --patience.");
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

    private <T> T answered(String topic, Supplier<T> question) {
        try {
            return question.get();
        } catch (InterruptException | WakeupException e) {
            stopped = true; // whoever interrupts wants it to end
            return null;
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
                "Not authorized for the topics " + topics + ": grant the ACL operations Read and Describe on them",
                cause);
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
