package io.trueup.simulation;

import io.trueup.reconcile.settings.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Determines what all replicas should hold for a key, from what each holds when nothing is on its way any more. */
final class Winner {

    /**
     * The right entry.
     *
     * @param held the entry; null for nothing
     * @param holders the replicas that can supply it
     */
    record Right(HeldValue held, List<Node> holders) {}

    private final Settings settings;

    Winner(Settings settings) {
        this.settings = settings;
    }

    boolean same(long timeMs, HeldValue a, HeldValue b) {
        return HeldValue.same(timeMs, settings.rules().compareValues(), a, b);
    }

    /** The right entry of a key; null if only a person can decide. */
    Right of(List<Node> owners, String key, long cutMs) {
        return switch (settings.rules().resolution()) {
            case PRIMARY -> primary(owners, key, cutMs);
            case MAJORITY -> {
                boolean unread = owners.stream()
                        .anyMatch(
                                node -> node.view(key) != null && node.view(key).isUnread());
                Right right = decided(groups(voters(owners, key), key, cutMs), owners.size(), key);
                boolean hasMajority = right != null && 2 * right.holders().size() > owners.size();
                yield unread && !hasMajority ? null : right;
            }
            case LATEST, VECTOR -> newest(owners, key, cutMs);
        };
    }

    /** The owners that have a vote: not those that have answered a repair with "I hold nothing", or whose answer is unread. */
    private static List<Node> voters(List<Node> owners, String key) {
        return owners.stream()
                .filter(node -> node.view(key) == null || node.view(key).reportedVersion() != Long.MIN_VALUE)
                .toList();
    }

    private Right primary(List<Node> owners, String key, long cutMs) {
        HeldValue held = owners.stream()
                .filter(node -> node.replica.equals(settings.rules().primary()))
                .map(node -> node.view(key))
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
        if (held != null && held.isUnread()) {
            return null;
        }
        return new Right(
                held,
                owners.stream()
                        .filter(node -> same(cutMs, node.view(key), held))
                        .toList());
    }

    private Right newest(List<Node> owners, String key, long cutMs) {
        List<Node> newest = owners.stream()
                .filter(node -> node.view(key) != null && !node.view(key).isUnread())
                .filter(node -> owners.stream()
                        .map(other -> other.view(key))
                        .noneMatch(other -> other != null && other.newerThan(node.view(key))))
                .toList();
        List<List<Node>> groups = groups(newest, key, cutMs);
        boolean concurrent =
                newest.stream().anyMatch(node -> newest.get(0).view(key).concurrentWith(node.view(key)));
        return concurrent && groups.size() > 1 ? null : decided(groups, owners.size(), key);
    }

    /** The only group, or the one that has more than half of the owners. */
    private static Right decided(List<List<Node>> groups, int owners, String key) {
        return groups.stream()
                .filter(group -> groups.size() == 1 || 2 * group.size() > owners)
                .findFirst()
                .map(group -> new Right(group.get(0).view(key), group))
                .orElse(null);
    }

    /** The nodes that hold something, grouped by what they hold. */
    private List<List<Node>> groups(List<Node> nodes, String key, long cutMs) {
        List<List<Node>> groups = new ArrayList<>();
        for (Node node : nodes) {
            HeldValue view = node.view(key);
            if (view != null) {
                groups.stream()
                        .filter(group -> same(cutMs, group.get(0).view(key), view))
                        .findFirst()
                        .orElseGet(() -> {
                            groups.add(new ArrayList<>());
                            return groups.get(groups.size() - 1);
                        })
                        .add(node);
            }
        }
        return groups;
    }
}
