package io.trueup.command;

import io.trueup.config.TrueupConfig;
import io.trueup.failure.Failures;
import io.trueup.state.EntryStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.GroupIdNotFoundException;

/**
 * Makes the reconciler of a replica read its writes topic again: removes its local state and its changelog topics. Its committed
 * offsets stay: by them the next start knows that a state was lost, and that deletes may have been compacted away since. Every
 * call waits for the brokers. Not thread-safe.
 */
public final class StateReset implements AutoCloseable {

    private static final long TIMEOUT_SECONDS = 60;

    private final String replica;
    private final String applicationId;
    private final Path directory;
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
            return changelogs.isEmpty() && !Files.exists(directory);
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
        directory = config.stateDir().resolve(applicationId);
        admin = Admin.create(config.adminProperties());
    }

    /** Finds out what a reset would remove. */
    public Plan plan() {
        String changelog = EntryStore.changelog(applicationId);
        boolean exists = get(admin.listTopics().names()).contains(changelog);
        return new Plan(directory, exists ? Set.of(changelog) : Set.of());
    }

    /**
     * Removes what a plan names. It can be repeated if it fails.
     *
     * @throws CommandFailedException if the reconciler still runs
     */
    public void execute(Plan plan) {
        requireStopped();
        get(admin.deleteTopics(plan.changelogs()).all());
        delete(plan.directory());
    }

    private void requireStopped() {
        KafkaFuture<ConsumerGroupDescription> described = admin.describeConsumerGroups(List.of(applicationId))
                .describedGroups()
                .get(applicationId);
        if (isUnknown(described)) {
            return;
        }
        ConsumerGroupDescription group = get(described);
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

    /** A group that has never run, or whose offsets have expired, has no members. */
    private static boolean isUnknown(KafkaFuture<ConsumerGroupDescription> described) {
        try {
            described.get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
            return false;
        } catch (InterruptedException e) {
            throw interrupted(e);
        } catch (ExecutionException e) {
            return e.getCause() instanceof GroupIdNotFoundException;
        } catch (TimeoutException e) {
            return false;
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
            throw interrupted(e);
        } catch (ExecutionException | TimeoutException e) {
            throw new CommandFailedException("the brokers did not carry out the request: " + Failures.reason(e), e);
        }
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
