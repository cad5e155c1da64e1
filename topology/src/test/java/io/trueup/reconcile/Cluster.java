package io.trueup.reconcile;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.trueup.tree.Entry;
import io.trueup.tree.MapTable;
import io.trueup.tree.Write;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Replicas with their datastores and reconcilers in one thread and simulated time. Control messages travel at once, in
 * order, unless {@link #lose} says otherwise; repairs are applied at once unless {@link #applyRepairs} is off.
 */
final class Cluster {

    static final byte[] SECRET = "0123456789abcdef".getBytes(UTF_8);

    /** What a datastore holds. */
    record Held(long version, long positionMs, String value, long expiryMs) {
        boolean deleted() {
            return value == null;
        }
    }

    final List<String> replicas;
    final int partitions;
    final List<Repair> repairs = new ArrayList<>();
    final List<Message> messages = new ArrayList<>();
    final List<RoundSummary> reports = new ArrayList<>();
    final List<Conflict> conflicts = new ArrayList<>();
    Predicate<Message> lose = message -> false;
    Predicate<Repair> loseRepair = repair -> false;
    boolean applyRepairs = true;
    long nowMs = 1_000_000_000L;

    private final Map<String, Settings> settings = new HashMap<>();
    private final Map<String, Node> nodes = new TreeMap<>();
    private final Map<String, TreeMap<String, Held>> stores = new TreeMap<>();
    private final ArrayDeque<Message> bus = new ArrayDeque<>();
    private final ArrayDeque<Repair> outstanding = new ArrayDeque<>();

    private final class Node implements Outbox {
        private final String replica;
        private final int partition;
        private final MapTable table = new MapTable();
        private Reconciler reconciler;
        private long offset;
        private long awaited = -1;
        private long awaitedForProbes = -1;

        Node(String replica, int partition) {
            this.replica = replica;
            this.partition = partition;
            restart();
        }

        void restart() {
            awaited = -1;
            awaitedForProbes = -1;
            reconciler = new Reconciler(settings.get(replica), partition, table, this, nowMs);
        }

        @Override
        public int publish(Message message) {
            messages.add(message);
            if (!lose.test(message)) {
                bus.add(message);
            }
            return 0;
        }

        @Override
        public void repair(Repair repair) {
            repairs.add(repair);
            if (!loseRepair.test(repair)) {
                outstanding.add(repair);
            }
        }

        @Override
        public void report(RoundSummary summary) {
            reports.add(summary);
        }

        @Override
        public void awaitEnd(long round) {
            awaited = round;
        }

        @Override
        public void awaitEndForProbes(long ticket) {
            awaitedForProbes = ticket;
        }

        @Override
        public void conflict(Conflict conflict) {
            conflicts.add(conflict);
        }
    }

    Cluster(int partitions, Settings template) {
        this.replicas = template.replicas();
        this.partitions = partitions;
        for (String replica : replicas) {
            settings.put(replica, template.of(replica));
            stores.put(replica, new TreeMap<>());
        }
        for (String replica : replicas) {
            for (int partition = 0; partition < partitions; partition++) {
                nodes.put(replica + partition, new Node(replica, partition));
            }
        }
    }

    /** Rounds every 10 s, grace 1 s, patience 10 s, 256 segments; the highest version wins. */
    static Settings settings(String... owners) {
        return settings(Settings.Resolution.LATEST, null, false, owners);
    }

    static Settings settings(Settings.Resolution resolution, String primary, boolean compareValues, String... owners) {
        List<String> sorted = Arrays.stream(owners).sorted().toList();
        return new Settings.Builder("test", owners[0], sorted, SECRET)
                .segmentBits(8)
                .intervalMs(10_000)
                .graceMs(1_000)
                .compareValues(compareValues)
                .resolution(resolution)
                .primary(primary)
                .patienceMs(10_000)
                .settleMs(2_000)
                .deadlineMs(7_000)
                .repairTimeoutMs(21_000)
                .repairAttempts(3)
                .repairValidityMs(3_600_000)
                .maxSegmentsPerRound(256)
                .maxEntriesPerMessage(1_000)
                .build();
    }

    static Settings bounded(Settings settings, int maxSegmentsPerRound, int maxEntriesPerMessage) {
        return settings.changed()
                .maxSegmentsPerRound(maxSegmentsPerRound)
                .maxEntriesPerMessage(maxEntriesPerMessage)
                .build();
    }

    /** A replica stores something and says so. */
    void write(String replica, String key, long version, long positionMs, String value) {
        write(replica, key, new Held(version, positionMs, value, Entry.NEVER), null);
    }

    void delete(String replica, String key, long version, long positionMs) {
        write(replica, key, version, positionMs, null);
    }

    void expiring(String replica, String key, long version, long positionMs, String value, long expiryMs) {
        write(replica, key, new Held(version, positionMs, value, expiryMs), null);
    }

    /** The same write on several replicas. */
    void writeTo(List<String> to, String key, long version, long positionMs, String value) {
        to.forEach(replica -> write(replica, key, version, positionMs, value));
    }

    private void write(String replica, String key, Held held, String repairId) {
        stores.get(replica).put(key, held);
        Node node = node(replica, key);
        node.reconciler.write(new Write(
                key.getBytes(UTF_8),
                held.version(),
                held.positionMs(),
                held.deleted(),
                held.deleted() ? null : held.value().getBytes(UTF_8),
                null,
                held.expiryMs(),
                repairId,
                node.offset++,
                nowMs));
    }

    /** All replicas have applied everything up to now. */
    void progress() {
        nodes.values().forEach(node -> node.reconciler.progress(nowMs, nowMs));
    }

    void progress(String replica) {
        nodes.values().stream()
                .filter(node -> node.replica.equals(replica))
                .forEach(node -> node.reconciler.progress(nowMs, nowMs));
    }

    void restart(String replica) {
        nodes.values().stream().filter(node -> node.replica.equals(replica)).forEach(Node::restart);
    }

    Held held(String replica, String key) {
        return stores.get(replica).get(key);
    }

    /** Lets rounds pass, with progress events of all replicas, and everything delivered as it is sent. */
    void rounds(int count) {
        for (int round = 0; round < count; round++) {
            long next = (nowMs / 10_000 + 1) * 10_000;
            while (nowMs < next + 9_000) {
                advance(1_000);
                progress();
            }
        }
    }

    void advance(long ms) {
        nowMs += ms;
        nodes.values().forEach(node -> node.reconciler.tick(nowMs));
        settle();
    }

    /** Seals what is awaited and delivers until nothing is under way. */
    void settle() {
        boolean busy = true;
        while (busy) {
            busy = false;
            for (Node node : nodes.values()) {
                if (node.awaited >= 0) {
                    long round = node.awaited;
                    node.awaited = -1;
                    node.reconciler.sealed(nowMs, round, node.offset);
                    busy = true;
                }
                if (node.awaitedForProbes >= 0) {
                    long ticket = node.awaitedForProbes;
                    node.awaitedForProbes = -1;
                    node.reconciler.probesConsumed(nowMs, ticket);
                    busy = true;
                }
            }
            for (Message message = bus.poll(); message != null; message = bus.poll()) {
                for (String replica : replicas) {
                    nodes.get(replica + message.partition()).reconciler.message(nowMs, message);
                }
                busy = true;
            }
            for (Repair repair = outstanding.poll(); repair != null; repair = outstanding.poll()) {
                if (applyRepairs) {
                    apply(repair);
                    busy = true;
                }
            }
        }
    }

    private void apply(Repair repair) {
        String key = new String(repair.key(), UTF_8);
        node(repair.target(), key)
                .reconciler
                .repairSent(
                        nowMs, repair.id(), repair.key(), repair.version(), repair.deleted(), repair.validUntilMs());
        Held held = stores.get(repair.target()).get(key);
        boolean applies = repair.ifObserved()
                ? held == null
                        ? repair.observed() == null
                        : repair.observed() != null
                                && held.version() == repair.observed().version()
                : held == null || held.version() <= repair.version();
        String value =
                repair.deleted() ? null : stores.get(repair.supplier()).get(key).value();
        Held answer = applies ? new Held(repair.version(), repair.positionMs(), value, repair.expiryMs()) : held;
        write(repair.target(), key, answer, repair.id());
    }

    /** Keys on which the datastores differ, deleted and absent being equal. */
    List<String> unequal() {
        List<String> unequal = new ArrayList<>();
        stores.values().stream().flatMap(s -> s.keySet().stream()).distinct().forEach(key -> {
            long different = stores.values().stream()
                    .map(store -> live(store.get(key)))
                    .map(held -> held == null ? "" : held.version() + held.value())
                    .distinct()
                    .count();
            if (different > 1) {
                unequal.add(key);
            }
        });
        return unequal;
    }

    private Held live(Held held) {
        return held == null || held.deleted() || held.expiryMs() <= nowMs ? null : held;
    }

    private Node node(String replica, String key) {
        return nodes.get(replica + Math.floorMod(Objects.hashCode(key), partitions));
    }
}
