package io.trueup.command;

import io.trueup.config.TrueupConfig;
import io.trueup.failure.Failures;
import io.trueup.failure.MissingAcl;
import io.trueup.state.EntryStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * Makes the reconciler of a replica read its writes topic again: removes its local state, and marks the state in its changelog
 * topic, which the next start drops then. Since the changelog stays, what the writes topic is known to lack stays known: a topic
 * whose records were lost, and that is read from its beginning, looks whole. The committed offsets stay, too: by them the next
 * start knows that deletes may have been compacted away. Every call waits for the brokers. Not thread-safe.
 */
public final class StateReset implements AutoCloseable {

    private static final long TIMEOUT_SECONDS = 60;
    private static final String STATE = "the state of the reconciler";

    private final String replica;
    private final String applicationId;
    private final Path directory;
    private final String bootstrapServers;
    private final Admin admin;
    private final Supplier<Producer<byte[], byte[]>> producer;

    /**
     * What a reset removes.
     *
     * @param directory local state; it may not exist on this machine
     * @param changelog name of the changelog topic
     * @param partitions so many partitions it has; 0 if there is none
     */
    public record Plan(Path directory, String changelog, int partitions) {

        /** Whether there is nothing to remove. */
        public boolean isEmpty() {
            return partitions == 0 && Files.notExists(directory);
        }
    }

    /**
     * Opens a connection.
     *
     * @throws CommandFailedException if there is no such replica
     */
    public StateReset(TrueupConfig config, String replica) {
        this(
                config,
                replica,
                Admin.create(config.adminProperties()),
                () -> new KafkaProducer<>(config.producerProperties()));
    }

    /** @param admin is closed with this */
    StateReset(TrueupConfig config, String replica, Admin admin, Supplier<Producer<byte[], byte[]>> producer) {
        this.admin = admin;
        this.producer = producer;
        if (!config.replicas().contains(replica)) {
            admin.close();
            throw new CommandFailedException(
                    replica + " is not a replica; those are " + String.join(", ", config.replicas()));
        }
        this.replica = replica;
        applicationId = config.applicationId(replica);
        directory = config.stateDir().resolve(applicationId);
        bootstrapServers = config.bootstrapServers();
    }

    /**
     * Finds out what a reset would remove.
     *
     * @throws CommandFailedException if the brokers do not say whether there is a changelog
     */
    public Plan plan() {
        String changelog = EntryStore.changelog(applicationId);
        // a list of all topics would not contain one that this process may not describe, as if it did not exist
        int partitions = find(
                        admin.describeTopics(List.of(changelog))
                                .topicNameValues()
                                .get(changelog),
                        UnknownTopicOrPartitionException.class,
                        MissingAcl.topic(changelog, STATE, Set.of(AclOperation.WRITE))) // implies Describe
                .map(topic -> topic.partitions().size())
                .orElse(0);
        return new Plan(directory, changelog, partitions);
    }

    /**
     * Removes what a plan names. It can be repeated, also if it fails.
     *
     * @throws CommandFailedException if the reconciler still runs, or the brokers refuse
     */
    public void execute(Plan plan) {
        requireStopped();
        try (Producer<byte[], byte[]> sender = producer.get()) {
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (int partition = 0; partition < plan.partitions(); partition++) {
                sent.add(sender.send(EntryStore.reset(plan.changelog(), partition)));
            }
            sender.flush();
            for (Future<RecordMetadata> each : sent) {
                find(each, null, MissingAcl.topic(plan.changelog(), STATE, Set.of(AclOperation.WRITE)));
            }
        }
        delete(plan.directory());
    }

    private void requireStopped() {
        KafkaFuture<ConsumerGroupDescription> described = admin.describeConsumerGroups(List.of(applicationId))
                .describedGroups()
                .get(applicationId);
        Optional<ConsumerGroupDescription> group = find(
                described,
                GroupIdNotFoundException.class, // it has never run, or its offsets have expired
                MissingAcl.group(applicationId, STATE, AclOperation.DESCRIBE));
        if (group.isPresent() && !group.get().members().isEmpty()) {
            throw new CommandFailedException(
                    "the reconciler of " + replica + " runs: its group " + applicationId
                            + " has members on "
                            + group.get().members().stream()
                                    .map(member -> member.host())
                                    .distinct()
                                    .sorted()
                                    .collect(Collectors.joining(", "))
                            + ". Stop every process that hosts it; a killed process leaves the group after consumer.session.timeout.ms");
        }
    }

    private static void delete(Path directory) {
        if (Files.notExists(directory)) {
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

    /**
     * Waits for an answer.
     *
     * @param absent the failure that means that there is nothing; null if none does
     * @param needed the permission for the request
     */
    private <T> Optional<T> find(Future<T> answer, Class<? extends Exception> absent, MissingAcl needed) {
        try {
            return Optional.ofNullable(answer.get(TIMEOUT_SECONDS, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw interrupted(e);
        } catch (ExecutionException e) {
            if (absent != null && absent.isInstance(e.getCause())) {
                return Optional.empty();
            }
            throw e.getCause() instanceof AuthorizationException
                    ? new CommandFailedException(needed.message(bootstrapServers), e)
                    : failed(e);
        } catch (TimeoutException e) {
            throw failed(e);
        }
    }

    private static CommandFailedException failed(Exception e) {
        return new CommandFailedException("the brokers did not carry out the request: " + Failures.reason(e), e);
    }

    private static CommandFailedException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new CommandFailedException("interrupted", e);
    }

    @Override
    public void close() {
        admin.close();
    }
}
