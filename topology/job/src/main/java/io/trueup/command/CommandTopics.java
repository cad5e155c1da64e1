package io.trueup.command;

import io.trueup.config.TrueupConfig;
import io.trueup.failure.Failures;
import io.trueup.failure.MissingAcl;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.header.Headers;

/** The topics that commands read and write. Translates failures of Kafka's clients. Not thread-safe. */
final class CommandTopics implements AutoCloseable {

    private static final Duration POLL = Duration.ofMillis(100);

    private final TrueupConfig config;
    private final Consumer<byte[], byte[]> consumer;
    private final Duration patience;
    private KafkaProducer<byte[], byte[]> producer;

    /** @param timeout how long an answer of the brokers is awaited */
    CommandTopics(TrueupConfig config, Duration timeout) {
        this(config, new KafkaConsumer<>(properties(config, timeout)), timeout);
    }

    /** @param patience how long the brokers may send no record although there are some */
    CommandTopics(TrueupConfig config, Consumer<byte[], byte[]> consumer, Duration patience) {
        this.config = config;
        this.consumer = consumer;
        this.patience = patience;
    }

    private static Map<String, Object> properties(TrueupConfig config, Duration timeout) {
        Map<String, Object> properties = named(config, config.consumerProperties());
        properties.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, (int) timeout.toMillis());
        return properties;
    }

    /**
     * Returns the number of partitions of a topic.
     *
     * @param operation what the command is going to do with the topic
     */
    int partitions(String topic, AclOperation operation) {
        return partitionsOf(topic, operation).size();
    }

    /**
     * Reads a topic from its beginning to its current end.
     *
     * @throws CommandFailedException if a record up to the end could not be read: what the reader has taken is then not the whole
     */
    void readAll(String topic, java.util.function.Consumer<ConsumerRecord<byte[], byte[]>> reader) {
        read(topic, consumer::seekToBeginning, reader);
    }

    /**
     * Reads a topic from a time to its current end.
     *
     * @param sinceMs earlier records are left out, by their timestamps
     * @throws CommandFailedException if a record up to the end could not be read
     */
    void readSince(long sinceMs, String topic, java.util.function.Consumer<ConsumerRecord<byte[], byte[]>> reader) {
        read(
                topic,
                partitions -> {
                    consumer.seekToEnd(partitions);
                    Map<TopicPartition, Long> times = new HashMap<>();
                    partitions.forEach(partition -> times.put(partition, sinceMs));
                    consumer.offsetsForTimes(times).forEach((partition, found) -> {
                        if (found != null) {
                            consumer.seek(partition, found.offset());
                        }
                    });
                },
                reader);
    }

    private void read(
            String topic,
            java.util.function.Consumer<List<TopicPartition>> seek,
            java.util.function.Consumer<ConsumerRecord<byte[], byte[]>> reader) {
        List<TopicPartition> partitions = partitionsOf(topic, AclOperation.READ);
        translated(topic, AclOperation.READ, () -> {
            consumer.assign(partitions);
            seek.accept(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            long movedAtNanos = System.nanoTime();
            for (Map<TopicPartition, Long> left = left(ends); !left.isEmpty(); ) {
                poll(left, ends).forEach(reader);
                Map<TopicPartition, Long> now = left(ends);
                if (!now.equals(left)) {
                    movedAtNanos = System.nanoTime();
                } else if (System.nanoTime() - movedAtNanos > patience.toNanos()) {
                    throw stalled(now, ends);
                }
                left = now;
            }
            return null;
        });
    }

    /** The positions of the partitions that are not read up to their ends. */
    private Map<TopicPartition, Long> left(Map<TopicPartition, Long> ends) {
        Map<TopicPartition, Long> left = new HashMap<>();
        ends.forEach((partition, end) -> {
            long position = consumer.position(partition);
            if (position < end) {
                left.put(partition, position);
            }
        });
        return left;
    }

    private ConsumerRecords<byte[], byte[]> poll(Map<TopicPartition, Long> left, Map<TopicPartition, Long> ends) {
        try {
            return consumer.poll(POLL);
        } catch (InterruptException | AuthorizationException | AuthenticationException e) {
            throw e;
        } catch (KafkaException e) {
            throw new CommandFailedException(
                    "the brokers at " + config.bootstrapServers() + " do not send " + places(left, ends) + ": "
                            + e.getMessage()
                            + ". Nothing is concluded from the records before that. Try again; if it goes on, look into the logs"
                            + " of the brokers.",
                    e);
        }
    }

    private CommandFailedException stalled(Map<TopicPartition, Long> left, Map<TopicPartition, Long> ends) {
        return new CommandFailedException("no record came within " + patience.toMillis() / 1000.0
                + " s from the brokers at " + config.bootstrapServers() + ", of " + places(left, ends)
                + ". Check that the brokers run, and try again.");
    }

    private static String places(Map<TopicPartition, Long> left, Map<TopicPartition, Long> ends) {
        return left.entrySet().stream()
                .map(open -> open.getKey() + " from offset " + open.getValue() + " up to " + ends.get(open.getKey()))
                .sorted()
                .collect(Collectors.joining(", "));
    }

    /**
     * Requires that this process may read topics. A poll tells only once the brokers have answered it, which may be after the end of a
     * short wait.
     *
     * @throws CommandFailedException if it may not read some of them; the message names all
     */
    void requireReadable(Collection<String> topics) {
        Map<String, TopicDescription> described;
        try (Admin admin = Admin.create(named(config, config.adminProperties()))) {
            described = admin.describeTopics(topics, new DescribeTopicsOptions().includeAuthorizedOperations(true))
                    .allTopicNames()
                    .get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailedException("interrupted", e);
        } catch (ExecutionException e) {
            throw failed(topics.iterator().next(), AclOperation.READ, e.getCause());
        } catch (TimeoutException e) {
            throw failed(topics.iterator().next(), AclOperation.READ, e);
        }
        List<MissingAcl> missing = new TreeMap<>(described)
                .values().stream()
                        .filter(topic -> isDenied(topic, AclOperation.READ))
                        .map(topic -> MissingAcl.topic(topic.name(), "", Set.of(AclOperation.READ)))
                        .toList();
        if (!missing.isEmpty()) {
            throw new CommandFailedException(MissingAcl.message(missing, config.bootstrapServers()));
        }
    }

    /** Brokers or authorizers that do not know leave the operations out; a topic that is described can be described. */
    private static boolean isDenied(TopicDescription topic, AclOperation operation) {
        Set<AclOperation> operations = topic.authorizedOperations();
        return operations != null && operations.contains(AclOperation.DESCRIBE) && !operations.contains(operation);
    }

    /** Makes {@link #poll} return the records that are appended to the partitions from now on. */
    void listenFromEnd(List<TopicPartition> partitions) {
        partitions.forEach(partition -> partitionsOf(partition.topic(), AclOperation.READ));
        translated(partitions.get(0).topic(), AclOperation.READ, () -> {
            consumer.assign(partitions);
            consumer.endOffsets(partitions).forEach(consumer::seek);
            return null;
        });
    }

    /** Returns new records, after a short wait if there are none. */
    ConsumerRecords<byte[], byte[]> poll() {
        return translated(config.controlTopic(), AclOperation.READ, () -> consumer.poll(POLL));
    }

    /** Appends a record and waits until the brokers have acknowledged it. */
    void send(String topic, int partition, byte[] key, byte[] value, Headers headers) {
        if (producer == null) {
            Map<String, Object> properties = named(config, config.producerProperties());
            properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, patience.toMillis());
            producer = new KafkaProducer<>(properties);
        }
        try {
            producer.send(new ProducerRecord<>(topic, partition, key, value, headers))
                    .get(2 * patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailedException("interrupted; it is unknown whether the command was sent", e);
        } catch (ExecutionException e) {
            throw failed(topic, AclOperation.WRITE, e.getCause());
        } catch (TimeoutException e) {
            throw failed(topic, AclOperation.WRITE, e);
        }
    }

    private List<TopicPartition> partitionsOf(String topic, AclOperation operation) {
        List<PartitionInfo> partitions = translated(topic, operation, () -> consumer.partitionsFor(topic));
        if (partitions == null || partitions.isEmpty()) {
            throw missing(topic);
        }
        return partitions.stream()
                .map(partition -> new TopicPartition(topic, partition.partition()))
                .toList();
    }

    private <T> T translated(String topic, AclOperation operation, Supplier<T> request) {
        try {
            return request.get();
        } catch (InterruptException e) {
            throw new CommandFailedException("interrupted", e);
        } catch (KafkaException e) {
            throw failed(topic, operation, e);
        }
    }

    private CommandFailedException failed(String topic, AclOperation operation, Throwable cause) {
        if (cause instanceof UnknownTopicOrPartitionException) {
            return missing(topic);
        }
        if (cause instanceof AuthorizationException || cause instanceof AuthenticationException) {
            return new CommandFailedException(
                    Failures.explain(cause, denied -> denied(topic, operation, denied)), cause);
        }
        return new CommandFailedException(
                "no answer about topic " + topic + " from the brokers at " + config.bootstrapServers() + ": "
                        + Failures.reason(cause) + ". Check bootstrap.servers, and that the brokers run.",
                cause);
    }

    private String denied(String topic, AclOperation operation, AuthorizationException failure) {
        Set<String> named =
                failure instanceof TopicAuthorizationException topics ? topics.unauthorizedTopics() : Set.of();
        List<MissingAcl> missing = new TreeSet<>(named.isEmpty() ? Set.of(topic) : named)
                .stream()
                        .map(name -> MissingAcl.topic(name, "", Set.of(operation)))
                        .toList();
        return MissingAcl.message(missing, config.bootstrapServers());
    }

    private CommandFailedException missing(String topic) {
        return new CommandFailedException(
                "topic " + topic + " does not exist on " + config.bootstrapServers() + ": a job of dataset "
                        + config.dataset() + " must have been started there before, with the same topics");
    }

    private static Map<String, Object> named(TrueupConfig config, Map<String, Object> properties) {
        Map<String, Object> named = new HashMap<>(properties);
        named.put(CommonClientConfigs.CLIENT_ID_CONFIG, "trueup-" + config.dataset() + "-command");
        return named;
    }

    @Override
    public void close() {
        consumer.close();
        if (producer != null) {
            producer.close(patience); // what was not acknowledged is reported as failed
        }
    }
}
