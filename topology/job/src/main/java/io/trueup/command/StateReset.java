package io.trueup.command;

import io.trueup.config.TrueupConfig;
import io.trueup.failure.Failures;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;

/**
 * Makes the reconciler of a replica read its writes topic again: removes its local state, its changelog topics and its committed
 * offsets of the writes topic together. If one of them stays, the state is not whole. Every call waits for the brokers. Not
 * thread-safe.
 */
public final class StateReset implements AutoCloseable {

    private static final long TIMEOUT_SECONDS = 60;

    private final String replica;
    private final String applicationId;
    private final String writesTopic;
    private final Path directory;
    private final Admin admin;

    /**
     * What a reset removes.
     *
     * @param directory local state; it may not exist on this machine
     * @param changelogs changelog topics
     * @param committed committed offsets of the writes topic, by partition
     */
    public record Plan(Path directory, Set<String> changelogs, Map<Integer, Long> committed) {

        /** Whether there is nothing to remove. */
        public boolean isEmpty() {
            return changelogs.isEmpty() && committed.isEmpty() && !Files.exists(directory);
        }
    }

    /**
     * Opens a connection.
     *
     * @throws CommandFailedException if there is no such replica
     */
    public StateReset(TrueupConfig config, String replica) {
        if (!config.replicas().contains(replica)) {
            throw new CommandFailedException(
                    replica + " is not a replica; those are " + String.join(", ", config.replicas()));
        }
        this.replica = replica;
        applicationId = config.applicationId(replica);
        writesTopic = config.replica(replica).writesTopic();
        directory = config.stateDir().resolve(applicationId);
        admin = Admin.create(config.adminProperties());
    }

    /** Finds out what a reset would remove. */
    public Plan plan() {
        Set<String> changelogs = get(admin.listTopics().names()).stream()
                .filter(topic -> topic.startsWith(applicationId + "-") && topic.endsWith("-changelog"))
                .collect(Collectors.toCollection(TreeSet::new));
        Map<Integer, Long> committed = new TreeMap<>();
        get(admin.listConsumerGroupOffsets(applicationId).partitionsToOffsetAndMetadata())
                .forEach((partition, offset) -> {
                    if (partition.topic().equals(writesTopic) && offset != null) {
                        committed.put(partition.partition(), offset.offset());
                    }
                });
        return new Plan(directory, changelogs, committed);
    }

    /**
     * Removes what a plan names. It can be repeated if it fails.
     *
     * @throws CommandFailedException if the reconciler still runs
     */
    public void execute(Plan plan) {
        requireStopped();
        if (!plan.committed().isEmpty()) {
            Set<TopicPartition> partitions = plan.committed().keySet().stream()
                    .map(partition -> new TopicPartition(writesTopic, partition))
                    .collect(Collectors.toSet());
            get(admin.deleteConsumerGroupOffsets(applicationId, partitions).all());
        }
        get(admin.deleteTopics(plan.changelogs()).all());
        delete(plan.directory());
    }

    private void requireStopped() {
        ConsumerGroupDescription group = get(admin.describeConsumerGroups(List.of(applicationId))
                .describedGroups()
                .get(applicationId));
        if (!group.members().isEmpty()) {
            throw new CommandFailedException(
                    "the reconciler of " + replica + " runs: its group " + applicationId
                            + " has members on "
                            + group.members().stream()
                                    .map(member -> member.host())
                                    .distinct()
                                    .sorted()
                                    .collect(Collectors.joining(", "))
                            + ". Stop every process that hosts it; a killed process leaves the group after consumer.session.timeout.ms");
        }
    }

    private static void delete(Path directory) {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static <T> T get(KafkaFuture<T> future) {
        try {
            return future.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailedException("interrupted", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new CommandFailedException("the brokers did not carry out the request: " + Failures.reason(e), e);
        }
    }

    @Override
    public void close() {
        admin.close();
    }
}
