package io.trueup.command;

import io.trueup.config.TrueupConfig;
import io.trueup.failure.Failures;
import io.trueup.failure.MissingAcl;
import io.trueup.state.EntryStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * Makes the reconciler of a replica read its writes topic again: removes its local state and its changelog topics. Its committed
 * offsets stay: by them the next start knows that a state was lost, and that deletes may have been compacted away since. Every
 * call waits for the brokers. Not thread-safe.
 */
public final class StateReset implements AutoCloseable {

    private static final long TIMEOUT_SECONDS = 60;
    private static final long POLL_MS = 100;
    private static final String STATE = "the state of the reconciler";

    private final String replica;
    private final String applicationId;
    private final Path directory;
    private final String bootstrapServers;
    private final Admin admin;

    /**
     * What a reset removes.
     *
     * @param directory local state; it may not exist on this machine
     * @param changelogs changelog topics
     */
    public record Plan(Path directory, Set<String> changelogs) {

        /** Whether there is nothing to remove. */
        public boolean isEmpty() {
            return changelogs.isEmpty() && Files.notExists(directory);
        }
    }

    /**
     * Opens a connection.
     *
     * @throws CommandFailedException if there is no such replica
     */
    public StateReset(TrueupConfig config, String replica) {
        this(config, replica, Admin.create(config.adminProperties()));
    }

    /** @param admin is closed with this */
    StateReset(TrueupConfig config, String replica, Admin admin) {
        this.admin = admin;
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
        return new Plan(directory, exists(changelog) ? Set.of(changelog) : Set.of());
    }

    /** A list of all topics would not contain one that this process may not describe, as if it did not exist. */
    private boolean exists(String changelog) {
        return find(
                        admin.describeTopics(List.of(changelog))
                                .topicNameValues()
                                .get(changelog),
                        UnknownTopicOrPartitionException.class,
                        MissingAcl.topic(changelog, STATE, Set.of(AclOperation.DELETE))) // implies Describe
                .isPresent();
    }

    /**
     * Removes what a plan names. It can be repeated if it fails.
     *
     * @throws CommandFailedException if the reconciler still runs, or the brokers refuse
     */
    public void execute(Plan plan) {
        requireStopped();
        admin.deleteTopics(plan.changelogs())
                .topicNameValues()
                .forEach((changelog, deleted) -> find(
                        deleted,
                        UnknownTopicOrPartitionException.class,
                        MissingAcl.topic(changelog, STATE, Set.of(AclOperation.DELETE))));
        plan.changelogs().forEach(this::awaitDeleted);
        delete(plan.directory());
    }

    /** Brokers answer from what they know, which may be older: a job that starts then would take up a topic that is about to go. */
    private void awaitDeleted(String changelog) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(TIMEOUT_SECONDS);
        while (exists(changelog)) {
            if (System.nanoTime() > deadline) {
                throw new CommandFailedException("the brokers still list " + changelog + " " + TIMEOUT_SECONDS
                        + " s after they have deleted it. Repeat the command before you start the job");
            }
            try {
                Thread.sleep(POLL_MS);
            } catch (InterruptedException e) {
                throw interrupted(e);
            }
        }
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
     * @param absent the failure that means that there is nothing
     * @param needed the permission for the request
     */
    private <T> Optional<T> find(KafkaFuture<T> answer, Class<? extends Exception> absent, MissingAcl needed) {
        try {
            return Optional.ofNullable(answer.get(TIMEOUT_SECONDS, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw interrupted(e);
        } catch (ExecutionException e) {
            if (absent.isInstance(e.getCause())) {
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
