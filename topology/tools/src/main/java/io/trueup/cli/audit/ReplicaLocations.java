package io.trueup.cli.audit;

import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/**
 * Where the topics of the replicas are, as the options {@code --replica} and {@code --repairs} say. Immutable.
 */
final class ReplicaLocations {

    /**
     * The location of a replica's write events.
     *
     * @param topic its writes topic
     * @param clientProperties client properties of the cluster that the topic is in; empty: the cluster of all others
     */
    record Location(String topic, Optional<Path> clientProperties) {}

    private final Map<String, Location> locations = new LinkedHashMap<>();
    private final Map<String, String> repairsTopics = new LinkedHashMap<>();

    /**
     * Reads the options.
     *
     * @param replicas values of {@code --replica}, NAME=TOPIC or NAME=TOPIC@FILE
     * @param repairs values of {@code --repairs}, NAME=TOPIC
     * @param command the command that an error is about
     * @throws ParameterException if a value has another form, or a replica is named twice
     */
    ReplicaLocations(List<String> replicas, List<String> repairs, CommandSpec command) {
        replicas.forEach(replica -> addReplica(replica, command));
        repairs.forEach(topic -> addRepairs(topic, command));
    }

    private void addReplica(String replica, CommandSpec command) {
        int equals = replica.indexOf('=');
        int at = replica.indexOf('@', equals);
        if (equals <= 0 || equals == replica.length() - 1 || at == equals + 1 || at == replica.length() - 1) {
            throw unusable(command, "--replica: '" + replica + "' is not NAME=TOPIC or NAME=TOPIC@FILE");
        }
        String name = replica.substring(0, equals);
        Location before = locations.put(
                name,
                new Location(
                        replica.substring(equals + 1, at < 0 ? replica.length() : at),
                        at < 0 ? Optional.empty() : Optional.of(Path.of(replica.substring(at + 1)))));
        if (before != null) {
            throw unusable(command, "--replica: " + name + " is named twice");
        }
    }

    private void addRepairs(String repairs, CommandSpec command) {
        int equals = repairs.indexOf('=');
        if (equals <= 0 || equals == repairs.length() - 1) {
            throw unusable(command, "--repairs: '" + repairs + "' is not NAME=TOPIC");
        }
        repairsTopics.putIfAbsent(repairs.substring(0, equals), repairs.substring(equals + 1));
    }

    /** The replicas that {@code --replica} names, in its order. */
    Set<String> names() {
        return locations.keySet();
    }

    /** The replicas that {@code --repairs} names, in its order. */
    Set<String> namesOfRepairs() {
        return repairsTopics.keySet();
    }

    /** The locations of all replicas that {@code --replica} names. */
    Collection<Location> all() {
        return locations.values();
    }

    /** The location of a replica, if {@code --replica} gives it. */
    Optional<Location> of(String name) {
        return Optional.ofNullable(locations.get(name));
    }

    /** The repairs topic of a replica, if {@code --repairs} gives it. */
    Optional<String> repairsTopic(String name) {
        return Optional.ofNullable(repairsTopics.get(name));
    }

    private static ParameterException unusable(CommandSpec command, String message) {
        return new ParameterException(command.commandLine(), message);
    }
}
