package io.trueup.config;

import io.trueup.reconcile.settings.Placement;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Reads {@code placement} and {@code placement.partition.<n>}, and checks that they fit each other. */
final class PlacementKeys {

    private static final String RING = "ring:";
    private static final Pattern OWNERS = Pattern.compile("placement\\.partition\\.(?:0|[1-9]\\d{0,5})");

    private final Values values;
    private final String rule;
    private final List<String> replicas;

    /** Needs valid names of replicas. */
    PlacementKeys(Values values) {
        this.values = values;
        rule = values.text(Keys.PLACEMENT);
        replicas = values.list(Keys.REPLICAS);
    }

    /** Whether a key names the owners of a partition. */
    static boolean isOwners(String key) {
        return OWNERS.matcher(key).matches();
    }

    /** Returns the placement. Needs checked values. */
    Placement placement() {
        if (rule.startsWith(RING)) {
            return Placement.ring(replicas, copies());
        }
        return rule.equals("explicit") ? Placement.explicit(replicas, owners()) : Placement.all(replicas);
    }

    /** The owners that are set explicitly, by partition. */
    Map<Integer, List<String>> owners() {
        Map<Integer, List<String>> owners = new TreeMap<>();
        for (String key : values.keys(Keys.PARTITION_PREFIX)) {
            if (values.has(key)) {
                owners.put(Integer.parseInt(key.substring(Keys.PARTITION_PREFIX.length())), values.list(key));
            }
        }
        return owners;
    }

    /** @param primary the replica that resolution names, or null */
    void check(String primary, Problems problems, List<String> warnings) {
        if (problems.concern(Keys.PLACEMENT)) {
            return;
        }
        if (rule.startsWith(RING)) {
            checkRing(primary, problems);
        }
        if (rule.equals("explicit")) {
            if (owners().isEmpty()) {
                warnings.add("placement=explicit without any " + Keys.PARTITION_PREFIX
                        + "<n>: every replica owns every partition");
            }
            owners().forEach((partition, names) -> checkOwners(partition, names, primary, problems, warnings));
        } else {
            owners().keySet().stream()
                    .map(Keys::partition)
                    .forEach(key -> problems.addText(
                            key, key + " has an effect only with placement=explicit; set that, or remove the key"));
        }
    }

    private void checkRing(String primary, Problems problems) {
        if (copies() > replicas.size()) {
            problems.add(
                    Keys.PLACEMENT,
                    rule,
                    "there are only " + replicas.size() + " replicas; use at most " + RING + replicas.size());
        } else if (copies() == 1) {
            problems.add(
                    Keys.PLACEMENT,
                    rule,
                    "a partition with one owner has no replica to compare with; use at least " + RING + "2");
        } else if (primary != null && copies() < replicas.size() && replicas.contains(primary)) {
            problems.add(
                    Keys.PLACEMENT,
                    rule,
                    "replica " + primary
                            + " must win (resolution), so it must own every partition; use all or explicit");
        }
    }

    private void checkOwners(
            int partition, List<String> names, String primary, Problems problems, List<String> warnings) {
        String key = Keys.partition(partition);
        for (String name : names) {
            if (!replicas.contains(name)) {
                problems.add(key, name, Relations.notAReplica(name, replicas));
            }
        }
        if (primary != null && replicas.contains(primary) && !names.contains(primary)) {
            problems.add(
                    key,
                    String.join(",", names),
                    "replica " + primary + " must win (resolution), so it must own every partition; add it");
        }
        if (names.size() == 1) {
            warnings.add(key + " = " + names.get(0) + ": one owner has no replica to compare with");
        }
    }

    private int copies() {
        return Integer.parseInt(rule.substring(RING.length()));
    }
}
