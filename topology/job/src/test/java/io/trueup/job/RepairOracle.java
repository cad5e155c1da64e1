package io.trueup.job;

import io.trueup.job.InMemoryDatastore.Row;
import io.trueup.schema.Condition;
import io.trueup.schema.RepairEvent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Decides whether a repair was right, by what was written and by what the datastores held. Every write has a version of its own and
 * goes to all replicas in order of versions; some never reach a replica. A repair is right if
 *
 * <ol>
 *   <li>it carries exactly what was written, and what its supplier held before it was sent;
 *   <li>between the cut of its round and its sending, the target held something older, that differs from it for clients; or a replica
 *       without any entry is given a delete;
 *   <li>the target had missed a write that is newer than that, not newer than the repair, and not later than the cut: the datastore
 *       had said that it was past this write by the grace without ever holding it or a newer one, or patience had ended;
 *   <li>under {@code primary}, the primary held it; under {@code majority}, both other replicas held it, or the target held nothing and
 *       the supplier held it. Then the write that was missed is the one that the repair carries, and the target still held what the
 *       repair says it observed. There an older row may win, but only where all that decide had said that they are past the newer one.
 * </ol>
 *
 * What a datastore holds is what its writes topic shows, in the order of the topic. A record of the topic counts as unknown to the
 * job until it was read here, and as held from the time at which the datastore sent it: nobody can be late in between. Thread-safe.
 */
final class RepairOracle {

    /** Kafka's producer gives up a record after two minutes. */
    private static final long MAX_IN_FLIGHT_MS = 180_000;

    private static final long SHOWN_BEFORE_MS = 60_000;

    private final String resolution;
    private final long graceMs;
    private final long patienceMs;
    private final Map<String, TreeMap<Long, Written>> writes = new HashMap<>();
    private final TreeMap<String, Map<Integer, Log>> logs = new TreeMap<>();

    /** @param lostAt the replica that the write never reaches; null if it reaches all */
    private record Written(Row row, String lostAt) {}

    /**
     * A record of a writes topic.
     *
     * @param storedMs when the datastore sent it
     * @param readMs when it was read from the topic
     * @param key null for a progress event
     * @param row null for a progress event
     * @param positionMs the position up to which the datastore says that it has all writes; lowest number for the answer to a repair
     */
    record Shown(long storedMs, long readMs, String key, Row row, long positionMs) {}

    /**
     * A repair as its topic shows it.
     *
     * @param sentMs when the broker appended it
     */
    record Repair(JobFixture.Sent sent, long sentMs) {

        /** The earlier one of the cut and the sending: a cut in the future excuses nothing. */
        long cutMs() {
            return Math.min(sent.event().getCut(), sentMs);
        }

        private boolean carries(Row row) {
            RepairEvent event = sent.event();
            boolean content = event.getReference() != null
                    ? event.getReference().getReplica().equals(event.getSupplier()) && row.value() != null
                    : Objects.equals(sent.value(), row.value());
            return content
                    && event.getDeleted() == (row.value() == null)
                    && Objects.equals(event.getVector(), row.vector())
                    && event.getPosition() == row.positionMs()
                    && event.getExpiry() == null;
        }
    }

    /** The records of a partition of a writes topic. */
    private static final class Log {
        private final List<Shown> all = new ArrayList<>();
        private final List<Long> claimedMs = new ArrayList<>();
        private final Map<String, List<Integer>> byKey = new HashMap<>();

        void add(Shown shown) {
            if (shown.key() != null) {
                byKey.computeIfAbsent(shown.key(), key -> new ArrayList<>()).add(all.size());
            }
            long before = claimedMs.isEmpty() ? Long.MIN_VALUE : claimedMs.get(claimedMs.size() - 1);
            claimedMs.add(Math.max(before, shown.positionMs()));
            all.add(shown);
        }

        /** What was held of a key at any time from the cut to the sending of a repair. */
        List<Held> held(String key, long cutMs, long sentMs) {
            List<Integer> changes = byKey.getOrDefault(key, List.of());
            List<Held> held = new ArrayList<>();
            for (int i = -1; i < changes.size(); i++) {
                int end = i + 1 < changes.size() ? changes.get(i + 1) : all.size();
                Shown begin = i < 0 ? null : all.get(changes.get(i));
                boolean over = end < all.size() && all.get(end).readMs() <= cutMs;
                if (!over && (begin == null || begin.storedMs() <= sentMs)) {
                    held.add(new Held(begin == null ? null : begin.row(), claimedBefore(end, sentMs)));
                }
            }
            return held;
        }

        /** Whether no write was known at a time: such a replica is given the deletes, too. */
        boolean wasEmptyAt(long timeMs) {
            return all.stream().noneMatch(shown -> shown.key() != null && shown.readMs() <= timeMs);
        }

        private long claimedBefore(int end, long sentMs) {
            for (int i = end - 1; i >= 0; i--) {
                if (all.get(i).storedMs() <= sentMs) {
                    return claimedMs.get(i);
                }
            }
            return Long.MIN_VALUE;
        }
    }

    /**
     * What a replica held of a key for some time.
     *
     * @param row null for nothing
     * @param claimedMs the position up to which the datastore has said that it has all writes, while it held no other row
     */
    private record Held(Row row, long claimedMs) {

        long version() {
            return row == null ? Long.MIN_VALUE : row.version();
        }

        boolean dead() {
            return row == null || row.value() == null;
        }

        /** Whether clients see the same. */
        boolean isSame(Row other) {
            return row != null && (row.version() == other.version() || dead() && other.value() == null);
        }

        boolean isOlder(Row other) {
            return version() < other.version() && !(dead() && other.value() == null);
        }

        boolean isObserved(RepairEvent event) {
            return event.getObserved() == null
                    ? row == null
                    : row != null
                            && row.version() == event.getObserved().getVersion()
                            && dead() == event.getObserved().getDeleted();
        }
    }

    RepairOracle(String resolution, long graceMs, long patienceMs) {
        this.resolution = resolution;
        this.graceMs = graceMs;
        this.patienceMs = patienceMs;
    }

    /** Takes a write before any datastore has it. */
    synchronized void written(String key, Row row, String lostAt) {
        writes.computeIfAbsent(key, k -> new TreeMap<>()).put(row.version(), new Written(row, lostAt));
    }

    /** Takes the next record of a partition. */
    synchronized void shown(String replica, int partition, Shown shown) {
        logs.computeIfAbsent(replica, name -> new HashMap<>())
                .computeIfAbsent(partition, number -> new Log())
                .add(shown);
    }

    /** The row of a key that a writes topic has shown last; null if none. */
    synchronized Row shownLast(String replica, int partition, String key) {
        Log log = log(replica, partition);
        List<Integer> changes = log.byKey.getOrDefault(key, List.of());
        return changes.isEmpty()
                ? null
                : log.all.get(changes.get(changes.size() - 1)).row();
    }

    /** What is wrong with the repairs, each with the history of its key; empty if all are right. */
    synchronized List<String> faults(List<Repair> repairs) {
        List<String> faults = new ArrayList<>();
        for (Repair repair : repairs) {
            String fault = fault(repair);
            if (fault != null) {
                faults.add("Wrong repair: " + fault + "\n" + repair.sent().event() + "\n" + history(repair, repairs));
            }
        }
        return faults;
    }

    private String fault(Repair repair) {
        RepairEvent event = repair.sent().event();
        Written written =
                writes.getOrDefault(repair.sent().key(), new TreeMap<>()).get(event.getVersion());
        if (written == null || !repair.carries(written.row())) {
            return "this was never written";
        }
        Row carried = written.row();
        Condition expected = newestWins() ? Condition.UNLESS_NEWER : Condition.IF_OBSERVED;
        if (event.getCondition() != expected) {
            return "its condition is not that of the rule " + resolution;
        }
        if (repair.sentMs() - event.getCut() > MAX_IN_FLIGHT_MS) {
            return "its round was over long before";
        }
        if (!hasHeld(event.getDeleted() ? null : event.getSupplier(), repair, carried)) {
            return "its supplier had not held it";
        }
        boolean fillsEmpty = log(event.getTarget(), repair.sent().partition()).wasEmptyAt(repair.cutMs());
        List<Held> older = held(event.getTarget(), repair).stream()
                .filter(held -> held.isOlder(carried)
                        || fillsEmpty && held.row() == null
                        || !newestWins() && losesByClaims(held, repair, carried))
                .toList();
        if (older.isEmpty()) {
            return "the target held the same or something newer from the cut on";
        }
        List<Held> lacking =
                older.stream().filter(held -> hasMissed(held, repair, carried)).toList();
        if (lacking.isEmpty()) {
            return "the target had missed no write";
        }
        return newestWins() ? null : conditionalFault(repair, carried, lacking);
    }

    private String conditionalFault(Repair repair, Row carried, List<Held> lacking) {
        RepairEvent event = repair.sent().event();
        List<Held> observed =
                lacking.stream().filter(held -> held.isObserved(event)).toList();
        if (observed.isEmpty()) {
            return "the target did not hold what is said to be observed there";
        }
        if (!resolution.equals("majority")) {
            String primary = resolution.substring("primary:".length());
            boolean wins = held(primary, repair).stream()
                    .anyMatch(held -> held.row() != null && held.version() == carried.version());
            return wins ? null : "the primary did not hold it";
        }
        Predicate<String> holds = replica -> held(replica, repair).stream().anyMatch(held -> held.isSame(carried));
        boolean fills = observed.stream().anyMatch(held -> held.row() == null);
        boolean wins = logs.keySet().stream()
                .filter(replica -> !replica.equals(event.getTarget()))
                .allMatch(replica -> holds.test(replica) || fills && !replica.equals(event.getSupplier()));
        return wins ? null : "the majority did not hold it";
    }

    /**
     * Whether all replicas that decide had said that they are past the newer row of the target, without having held it: the feed was
     * kept from storing it there, as a producer may block while the broker is away. Then the older row wins, by the rule.
     */
    private boolean losesByClaims(Held newer, Repair repair, Row carried) {
        if (newer.row() == null || newer.version() <= carried.version() || newer.isSame(carried)) {
            return false;
        }
        long neededMs = newer.row().positionMs() + graceMs;
        return logs.keySet().stream()
                .filter(replica -> resolution.equals("majority")
                        ? !replica.equals(repair.sent().event().getTarget())
                        : resolution.equals("primary:" + replica))
                .allMatch(replica -> held(replica, repair).stream()
                        .anyMatch(held -> held.isSame(carried) && held.claimedMs() >= neededMs));
    }

    private boolean newestWins() {
        return resolution.equals("latest") || resolution.equals("vector");
    }

    /** Whether a replica, or any but the target, has held a row before a repair was sent. */
    private boolean hasHeld(String replicaOrNull, Repair repair, Row row) {
        return logs.keySet().stream()
                .filter(replica -> replicaOrNull == null
                        ? !replica.equals(repair.sent().event().getTarget())
                        : replica.equals(replicaOrNull))
                .map(replica -> log(replica, repair.sent().partition()))
                .anyMatch(log -> log.byKey.getOrDefault(repair.sent().key(), List.of()).stream()
                        .map(log.all::get)
                        .anyMatch(shown ->
                                shown.row().version() == row.version() && shown.storedMs() <= repair.sentMs()));
    }

    /** Whether a target that held something older had missed a write that the repair makes good. */
    private boolean hasMissed(Held held, Repair repair, Row carried) {
        long cutMs = repair.cutMs();
        TreeMap<Long, Written> all = writes.get(repair.sent().key());
        return all
                .subMap(newestWins() ? held.version() : carried.version() - 1, false, carried.version(), true)
                .values()
                .stream()
                .mapToLong(written -> written.row().positionMs())
                .anyMatch(positionMs -> positionMs <= cutMs
                        && (held.claimedMs() >= positionMs + graceMs || positionMs <= cutMs - patienceMs));
    }

    private List<Held> held(String replica, Repair repair) {
        return log(replica, repair.sent().partition()).held(repair.sent().key(), repair.cutMs(), repair.sentMs());
    }

    private Log log(String replica, int partition) {
        return logs.getOrDefault(replica, Map.of()).getOrDefault(partition, new Log());
    }

    private record Line(long timeMs, String text) {}

    /** What happened to the key from one minute before the cut on. */
    private String history(Repair repair, List<Repair> repairs) {
        String key = repair.sent().key();
        int partition = repair.sent().partition();
        List<Line> lines = new ArrayList<>();
        writes.getOrDefault(key, new TreeMap<>()).values().forEach(written -> {
            String lost = written.lostAt() == null ? "" : ", lost at " + written.lostAt();
            lines.add(new Line(written.row().positionMs(), "written: " + text(written.row()) + lost));
        });
        logs.keySet().forEach(replica -> {
            Log log = log(replica, partition);
            log.byKey.getOrDefault(key, List.of()).stream()
                    .map(log.all::get)
                    .map(shown -> new Line(
                            shown.storedMs(),
                            replica + " holds " + text(shown.row())
                                    + (shown.positionMs() == Long.MIN_VALUE ? ", answering a repair" : "")
                                    + ", read at " + Instant.ofEpochMilli(shown.readMs())))
                    .forEach(lines::add);
        });
        repairs.stream()
                .filter(other -> other.sent().key().equals(key))
                .map(other -> new Line(
                        other.sentMs(),
                        (other.equals(repair) ? "THIS REPAIR: " : "repair: ")
                                + other.sent().summary() + ", supplier "
                                + other.sent().event().getSupplier()))
                .forEach(lines::add);
        lines.add(new Line(repair.sent().event().getCut(), "cut of the round of this repair"));
        held(repair.sent().event().getTarget(), repair)
                .forEach(held -> lines.add(new Line(
                        repair.sentMs(),
                        "between cut and repair the target held "
                                + (held.row() == null ? "nothing" : text(held.row()))
                                + " and had said to have all writes up to " + held.claimedMs())));
        StringBuilder text = new StringBuilder("key " + key + ", grace " + graceMs + " ms:");
        lines.stream()
                .sorted(Comparator.comparingLong(Line::timeMs))
                .filter(line -> line.timeMs() >= repair.cutMs() - SHOWN_BEFORE_MS)
                .filter(line -> line.timeMs() <= repair.sentMs() + SHOWN_BEFORE_MS)
                .forEach(line -> text.append("\n  ")
                        .append(Instant.ofEpochMilli(line.timeMs()))
                        .append(" (")
                        .append(line.timeMs())
                        .append(") ")
                        .append(line.text()));
        return text.toString();
    }

    private static String text(Row row) {
        return "v" + row.version() + " " + (row.value() == null ? "deleted" : row.value());
    }
}
