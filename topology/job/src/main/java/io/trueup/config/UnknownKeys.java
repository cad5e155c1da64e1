package io.trueup.config;

import io.trueup.registry.RegistrySettings;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Finds unknown keys, and suggests which key may have been meant. */
final class UnknownKeys {

    private static final Pattern OF_REPLICA = Pattern.compile("replica\\.([^.]+)\\.(.+)");

    private final List<String> replicas;
    private final Problems problems;

    private UnknownKeys(List<String> replicas, Problems problems) {
        this.replicas = replicas;
        this.problems = problems;
    }

    /** @param replicas the configured names; empty if they are not known */
    static void check(Collection<String> keys, List<String> replicas, Problems problems) {
        UnknownKeys check = new UnknownKeys(replicas, problems);
        keys.forEach(check::check);
    }

    private void check(String key) {
        if (Values.MAIN.names().contains(key) || isPassedOn(key) || PlacementKeys.isOwners(key)) {
            return;
        }
        Matcher ofReplica = OF_REPLICA.matcher(key);
        if (ofReplica.matches()) {
            checkOfReplica(key, ofReplica.group(1), ofReplica.group(2));
        } else if (key.startsWith(Keys.PARTITION_PREFIX)) {
            problems.addText(
                    key,
                    key + " names no partition; write its number, such as " + Keys.partition(0) + " for the first");
        } else {
            problems.addText(key, key + " is not a key of Trueup" + advice(key));
        }
    }

    private static boolean isPassedOn(String key) {
        return PassThrough.covers(key) || RegistrySettings.passesOn(key);
    }

    private void checkOfReplica(String key, String replica, String setting) {
        if (!Values.REPLICA.names().contains(setting)) {
            problems.addText(key, key + " is not a key of a replica" + hintOfSetting(replica, setting));
        } else if (!replicas.isEmpty() && !replicas.contains(replica)) {
            problems.addText(
                    key,
                    key + " belongs to replica " + replica + ", which is not in replicas ("
                            + String.join(", ", replicas) + ")" + hintOfReplica(replica, setting));
        }
    }

    private static String hintOfSetting(String replica, String setting) {
        return Similar.to(setting, Values.REPLICA.names())
                .map(name -> "; did you mean " + Keys.replica(replica, name) + "?")
                .orElse("; a replica has " + String.join(", ", Values.REPLICA.names()));
    }

    private String hintOfReplica(String replica, String setting) {
        return Similar.to(replica, replicas)
                .map(name -> "; did you mean " + Keys.replica(name, setting) + "?")
                .orElse("; add the replica or remove the key");
    }

    private String advice(String key) {
        String hint = Similar.hint(key, candidates());
        if (!hint.isEmpty()) {
            return hint;
        }
        return PassThrough.prefixFor(key)
                .map(prefix -> "; to pass it on to Kafka's clients, write " + prefix + key)
                .orElse("; `trueup config` prints all keys");
    }

    private List<String> candidates() {
        List<String> candidates = new ArrayList<>(Values.MAIN.names());
        Stream<String> settings = Values.REPLICA.names().stream();
        settings.forEach(setting -> replicas.forEach(name -> candidates.add(Keys.replica(name, setting))));
        return candidates;
    }
}
