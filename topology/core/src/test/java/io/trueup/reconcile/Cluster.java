package io.trueup.reconcile;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.exchange.RoundMemory;
import io.trueup.reconcile.flood.ReportedTotals;
import io.trueup.reconcile.rule.Conflict;
import io.trueup.reconcile.settings.Placement;
import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.TestSettings;
import io.trueup.tree.Entry;
import io.trueup.tree.EntryTree;
import io.trueup.tree.Hash128;
import io.trueup.tree.KeyedHash;
import io.trueup.tree.MapTable;
import io.trueup.tree.VersionVector;
import io.trueup.tree.Write;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * Replicas with their datastores and reconcilers in one thread and simulated time. Control messages are delivered at once and in
 * order, except those that {@link #lose} or {@link #delay} matches; repairs are applied at once unless {@link #applyRepairs} is
 * off.
 */
final class Cluster {

    /** What a datastore holds for a key. */
    record HeldValue(long version, VersionVector vector, long positionMs, String value, long expiryMs) {
        HeldValue(long version, long positionMs, String value, long expiryMs) {
            this(version, null, positionMs, value, expiryMs);
        }

        boolean deleted() {
            return value == null;
        }
    }

    final List<String> replicas;
    final int partitions;
    private final RoundMemory memory;
    final List<Repair> repairs = new ArrayList<>();
    final List<Message> messages = new ArrayList<>();
    final List<RoundSummary> reports = new ArrayList<>();
    final List<Conflict> conflicts = new ArrayList<>();
    /** What was announced of replicas that are being filled. */
    final List<String> fills = new ArrayList<>();

    final Map<String, List<RoundSummary>> reportsOf = new HashMap<>();
    /** Replicas that are down: their reconcilers neither act nor receive, their datastores send no progress events. */
    final Set<String> down = new HashSet<>();
    /** Replicas whose datastores send no progress events. */
    final Set<String> stalled = new HashSet<>();
    /** Replicas whose reconcilers have not read their writes topics up to the end. */
    final Set<String> unread = new HashSet<>();

    /** Keys of which scans find rows that cannot be read. */
    final Set<String> unreadableRows = new HashSet<>();

    Predicate<Message> lose = message -> false;
    /** Messages that do not arrive at a replica. */
    BiPredicate<Message, String> loseAt = (message, to) -> false;
    /** What arrives in place of a message. */
    Function<Message, Message.Body> forge = Message::body;
    /** Messages that wait until {@link #release}. */
    Predicate<Message> delay = message -> false;

    Predicate<Repair> loseRepair = repair -> false;
    /** Repairs that the reconciler of their target reads, and its datastore does not answer. */
    Predicate<Repair> ignoreRepair = repair -> false;

    /** Partitions whose reports the flood guard does not receive. */
    IntPredicate loseReport = partition -> false;

    boolean applyRepairs = true;
    /** The times from a repair to its answer, of all replicas. */
    final List<Long> verifiedAfterMs = new ArrayList<>();

    long nowMs = 1_000_000_000L;

    private final Map<String, Settings> settings = new HashMap<>();
    private final Map<String, Node> nodes = new TreeMap<>();
    private final Map<String, TreeMap<String, HeldValue>> stores = new TreeMap<>();
    private final ArrayDeque<Message> bus = new ArrayDeque<>();
    private final List<Message> delayed = new ArrayList<>();
    private final ReportedTotals totals;
    private final List<Repair> undelivered = new ArrayList<>();
    private final ArrayDeque<Repair> outstanding = new ArrayDeque<>();

    private final class Node implements Outbox, EndOfInput {
        private final String replica;
        private final int partition;
        private MapTable table = new MapTable();
        private Reconciler reconciler;
        private long offset;
        private long awaited = -1;
        private long awaitedForProbes = -1;
        private long droppedByScan;

        Node(String replica, int partition) {
            this.replica = replica;
            this.partition = partition;
            restart();
        }

        void restart() {
            begin();
            reconciler.open(nowMs, EntryTree.SLICES);
        }

        void begin() {
            awaited = -1;
            awaitedForProbes = -1;
            reconciler = new Reconciler(settings.get(replica), partition, table, this, this, totals, memory, nowMs);
        }

        @Override
        public int publish(Message message) {
            messages.add(message);
            if (delay.test(message)) {
                delayed.add(message);
            } else if (!lose.test(message)) {
                bus.add(new Message(
                        message.replica(),
                        message.partition(),
                        message.cutMs(),
                        message.sealOffset(),
                        message.fingerprint(),
                        forge.apply(message)));
            }
            return message.body().accept(new EncodedBytes());
        }

        @Override
        public void refused(Message message, String reason) {
            throw new AssertionError(replica + " refuses a message of " + message.replica() + ": " + reason);
        }

        @Override
        public void repair(Repair repair) {
            repairs.add(repair);
            if (!loseRepair.test(repair)) {
                outstanding.add(repair);
            }
        }

        @Override
        public void verified(long afterMs) {
            verifiedAfterMs.add(afterMs);
        }

        @Override
        public void report(RoundSummary summary) {
            reports.add(summary);
            reportsOf.computeIfAbsent(replica, r -> new ArrayList<>()).add(summary);
            if (!loseReport.test(partition)) {
                totals.reported(
                        replica,
                        partition,
                        summary.cutMs(),
                        summary.repairs().suspicious(),
                        summary.holdings().mostEntries(),
                        nowMs);
            }
        }

        @Override
        public void filling(String target, long lacking, long entries, boolean held) {
            fills.add(replica + "/" + partition + " fills " + target + ": " + lacking + " of " + entries
                    + (held ? " held" : ""));
        }

        @Override
        public void awaitEnd(long round) {
            awaited = round;
        }

        @Override
        public void awaitEndForProbes(long ticket) {
            awaitedForProbes = ticket;
        }

        void readEntries() {
            while (reconciler.mustRead(nowMs)) {
                reconciler.read(nowMs, EntryTree.SLICES);
            }
        }

        @Override
        public void scanCompleted(String scan, long dropped) {
            droppedByScan = dropped;
        }

        /** Reads the entries until all are dropped that the last scan has not found. */
        long droppedByScan() {
            droppedByScan = -1;
            while (droppedByScan < 0) {
                reconciler.read(nowMs, EntryTree.SLICES);
            }
            return droppedByScan;
        }

        @Override
        public void conflict(Conflict conflict) {
            conflicts.add(conflict);
        }
    }

    Cluster(int partitions, Settings template) {
        this(partitions, template, RoundMemory.unlimited());
    }

    Cluster(int partitions, Settings template, RoundMemory memory) {
        this.memory = memory;
        this.replicas = template.replicas();
        this.partitions = partitions;
        this.totals = new ReportedTotals(template, partitions);
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

    /** A replica stores a value and writes its write event. */
    void write(String replica, String key, long version, long positionMs, String value) {
        write(replica, key, new HeldValue(version, positionMs, value, Entry.NEVER), null);
    }

    /** A replica answers a repair with the entry that it holds now. A null value is a delete. */
    void answer(String replica, String key, long version, String value, String repairId) {
        write(replica, key, new HeldValue(version, nowMs, value, Entry.NEVER), repairId);
    }

    /** A replica stores a value; of its write event, only the key can be read. */
    void unreadable(String replica, String key, long version, long positionMs, String value) {
        Node node = node(replica, key);
        stores.get(replica).put(key, new HeldValue(version, positionMs, value, Entry.NEVER));
        node.reconciler.unread(key.getBytes(UTF_8), null, node.offset++, nowMs);
    }

    /** The same with a version vector. */
    void unreadable(String replica, String key, String vector, long positionMs, String value) {
        Node node = node(replica, key);
        VersionVector written = vector(vector);
        stores.get(replica).put(key, new HeldValue(written.total(), written, positionMs, value, Entry.NEVER));
        node.reconciler.unread(key.getBytes(UTF_8), null, node.offset++, nowMs);
    }

    /** Digest of the entry that the last unreadable write event of a replica became. */
    Hash128 unreadDigest(String replica, String key) {
        return node(replica, key)
                .table
                .get(new KeyedHash(TestSettings.SECRET).key(key.getBytes(UTF_8)))
                .digest();
    }

    void delete(String replica, String key, long version, long positionMs) {
        write(replica, key, version, positionMs, null);
    }

    void expiring(String replica, String key, long version, long positionMs, String value, long expiryMs) {
        write(replica, key, new HeldValue(version, positionMs, value, expiryMs), null);
    }

    void expiring(String replica, String key, String vector, long positionMs, String value, long expiryMs) {
        VersionVector written = vector(vector);
        write(replica, key, new HeldValue(written.total(), written, positionMs, value, expiryMs), null);
    }

    /** A write with a version vector, as {@code a=1,b=2}. */
    void write(String replica, String key, String vector, long positionMs, String value) {
        write(replica, key, vector(vector), positionMs, value);
    }

    void write(String replica, String key, VersionVector vector, long positionMs, String value) {
        write(replica, key, new HeldValue(vector.total(), vector, positionMs, value, Entry.NEVER), null);
    }

    static VersionVector vector(String text) {
        Map<String, Long> counters = new HashMap<>();
        for (String counter : text.split(",", -1)) {
            counters.put(
                    counter.substring(0, counter.indexOf('=')),
                    Long.valueOf(counter.substring(counter.indexOf('=') + 1)));
        }
        return VersionVector.of(counters);
    }

    /** A write in a partition to which the key does not belong. */
    void writeInto(int partition, String replica, String key, long version, long positionMs, String value) {
        write(nodes.get(replica + partition), key, new HeldValue(version, positionMs, value, Entry.NEVER), null);
    }

    /** A replica loses what it stores for a key, without a write event. */
    void vanish(String replica, String key) {
        stores.get(replica).remove(key);
    }

    /** A replica stores another value for a key, without a write event. */
    void rot(String replica, String key, long version, long positionMs, String value) {
        stores.get(replica).put(key, new HeldValue(version, positionMs, value, Entry.NEVER));
    }

    /** Replaces a replica's disk: datastore and reconciler begin with nothing. */
    void wipe(String replica) {
        stores.get(replica).clear();
        nodes.values().stream().filter(node -> node.replica.equals(replica)).forEach(node -> {
            node.table = new MapTable();
            node.restart();
        });
    }

    /** The reconcilers of a replica lose their state, and are to read its writes topic again. */
    void loseState(String replica, long until, long deletesKeptMs) {
        nodes.values().stream().filter(node -> node.replica.equals(replica)).forEach(node -> {
            node.table = new MapTable();
            node.offset = 0;
            Reconciler.noteRebuild(node.table, nowMs, until, deletesKeptMs);
            node.restart();
        });
    }

    /** The reconcilers of a replica lose their state; the new one contains what is written from now on. */
    void forgetState(String replica) {
        nodes.values().stream().filter(node -> node.replica.equals(replica)).forEach(node -> {
            node.table = new MapTable();
            Reconciler.noteKnownFrom(node.table, nowMs, true);
            node.restart();
        });
    }

    /** The reconcilers of a replica read what its datastore holds. */
    void replay(String replica) {
        stores.get(replica).forEach((key, held) -> {
            Node node = node(replica, key);
            node.reconciler.write(event(node, key, held, null));
        });
    }

    /** Scans what a replica really stores; returns how many entries were dropped. */
    long scan(String replica) {
        long dropped = 0;
        for (int partition = 0; partition < partitions; partition++) {
            Node node = nodes.get(replica + partition);
            long since = node.offset++;
            node.reconciler.scanStarted("scan", since);
            int found = 0;
            for (Map.Entry<String, HeldValue> row : stores.get(replica).entrySet()) {
                if (node(replica, row.getKey()) == node && unreadableRows.contains(row.getKey())) {
                    node.reconciler.unreadRow(row.getKey().getBytes(UTF_8), null, node.offset++, nowMs, "scan", since);
                    found++;
                } else if (node(replica, row.getKey()) == node) {
                    node.reconciler.scanned(event(node, row.getKey(), row.getValue(), null), "scan", since);
                    found++;
                }
            }
            node.offset++;
            if (node.reconciler.scanEnded("scan", since, found)) {
                dropped += node.droppedByScan();
            }
        }
        return dropped;
    }

    /** A person sends a command to the reconcilers of a key's partition. */
    void command(String key, Message.Body body) {
        commandAt(key, nowMs, body);
    }

    /** The same from a machine whose clock shows a time. */
    void commandAt(String key, long timeMs, Message.Body body) {
        int partition = node(replicas.get(0), key).partition;
        bus.add(Message.command(settings.get(replicas.get(0)), partition, timeMs, body));
        deliverAll();
    }

    /** A person requests a probe of a key from one replica's reconciler. */
    void probe(String replica, String key) {
        node(replica, key).reconciler.probe(nowMs, key.getBytes(UTF_8));
        deliverAll();
    }

    /** Changes the placement at all replicas. */
    void place(Placement placement) {
        settings.replaceAll((replica, before) -> before.with(placement));
        totals.place(placement);
        nodes.values().forEach(node -> node.reconciler.place(placement));
    }

    /** How often tables were read from end to end. */
    long fullScans() {
        return nodes.values().stream().mapToLong(node -> node.table.fullScans()).sum();
    }

    /** How often tables were read, in part or from end to end. */
    long scans() {
        return nodes.values().stream().mapToLong(node -> node.table.scans()).sum();
    }

    /** Number of notes with a prefix beside the entries of all replicas. */
    long notes(String prefix) {
        return nodes.values().stream()
                .mapToLong(node -> node.table.notesOf(prefix))
                .sum();
    }

    /** Number of notes with a prefix beside the entries of a replica. */
    long notesOf(String replica, String prefix) {
        return nodes.values().stream()
                .filter(node -> node.replica.equals(replica))
                .mapToLong(node -> node.table.notesOf(prefix))
                .sum();
    }

    /** Bytes of the largest note. */
    int largestNote() {
        return nodes.values().stream()
                .mapToInt(node -> node.table.largestNote())
                .max()
                .orElse(0);
    }

    /** Number of entries that the reconciler of a replica remembers, dead ones included. */
    int remembered(String replica) {
        return nodes.values().stream()
                .filter(node -> node.replica.equals(replica))
                .mapToInt(node -> node.table.size())
                .sum();
    }

    /**
     * Delivers the delayed messages.
     *
     * @param times how often each message is delivered
     */
    void release(int times) {
        delay = message -> false;
        for (int time = 0; time < times; time++) {
            bus.addAll(delayed);
        }
        delayed.clear();
        deliverAll();
    }

    /** Delivers the delayed messages in the opposite order, so often. */
    void releaseBackwards(int times) {
        Collections.reverse(delayed);
        release(times);
    }

    /** A replica starts again with other settings. */
    void change(String replica, UnaryOperator<Settings> change) {
        settings.computeIfPresent(replica, (name, before) -> change.apply(before));
        restart(replica);
    }

    /** Delivers what waits of one replica, and from now on what it sends. */
    void release(String replica) {
        Predicate<Message> before = delay;
        delay = message -> !message.replica().equals(replica) && before.test(message);
        delayed.stream().filter(message -> message.replica().equals(replica)).forEach(bus::add);
        delayed.removeIf(message -> message.replica().equals(replica));
        deliverAll();
    }

    /** The same write on several replicas. */
    void writeTo(List<String> to, String key, long version, long positionMs, String value) {
        to.forEach(replica -> write(replica, key, version, positionMs, value));
    }

    private void write(String replica, String key, HeldValue held, String repairId) {
        write(node(replica, key), key, held, repairId);
    }

    private void write(Node node, String key, HeldValue held, String repairId) {
        stores.get(node.replica).put(key, held);
        node.reconciler.write(event(node, key, held, repairId));
    }

    private Write event(Node node, String key, HeldValue held, String repairId) {
        return new Write(
                key.getBytes(UTF_8),
                held.version(),
                held.vector(),
                held.positionMs(),
                held.deleted(),
                held.deleted() ? null : held.value().getBytes(UTF_8),
                null,
                held.expiryMs(),
                repairId,
                node.offset++,
                nowMs);
    }

    /** All replicas that are neither down nor stalled report that they have applied everything up to now. */
    void progress() {
        replicas.stream()
                .filter(replica -> !down.contains(replica) && !stalled.contains(replica))
                .forEach(this::progress);
    }

    void progress(String replica) {
        nodes.values().stream()
                .filter(node -> node.replica.equals(replica))
                .forEach(node -> node.reconciler.progress(nowMs, nowMs));
    }

    /** A person chooses what a replica holds now; {@code version} is the version that the person saw. */
    Message.Choice choice(String key, String replica, long version, VersionVector merged) {
        HeldValue held = held(replica, key);
        Hash128 digest = held == null || held.deleted()
                ? Hash128.ZERO
                : new KeyedHash(TestSettings.SECRET).value(held.value().getBytes(UTF_8));
        return new Message.Choice(
                key.getBytes(UTF_8),
                replica,
                version,
                digest,
                merged,
                nowMs + settings.get(replica).times().repairValidityMs());
    }

    void restart(String replica) {
        nodes.values().stream().filter(node -> node.replica.equals(replica)).forEach(Node::restart);
    }

    /** The reconcilers of a replica start again; their trees are not built yet. */
    void begin(String replica) {
        nodes.values().stream().filter(node -> node.replica.equals(replica)).forEach(Node::begin);
    }

    /** The reconcilers of a replica read further slices of their entries; whether all have read all. */
    boolean open(String replica, int slices) {
        return nodes.values().stream()
                        .filter(node -> node.replica.equals(replica))
                        .filter(node -> !node.reconciler.open(nowMs, slices))
                        .count()
                == 0;
    }

    HeldValue held(String replica, String key) {
        return stores.get(replica).get(key);
    }

    /** Lets rounds pass, with progress events of all replicas; everything is delivered as it is sent. */
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
        outstanding.addAll(undelivered);
        undelivered.clear();
        running().forEach(node -> {
            node.readEntries();
            node.reconciler.tick(nowMs);
        });
        deliverAll();
    }

    private List<Node> running() {
        return nodes.values().stream()
                .filter(node -> !down.contains(node.replica))
                .toList();
    }

    /** Seals what is awaited, and delivers messages and repairs until none is on its way. */
    void deliverAll() {
        boolean busy = true;
        while (busy) {
            busy = false;
            for (Node node : running()) {
                if (node.awaited >= 0 && !unread.contains(node.replica)) {
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
                for (Node node : running()) {
                    if (node.partition == message.partition() && !loseAt.test(message, node.replica)) {
                        node.reconciler.message(nowMs, message);
                    }
                }
                busy = true;
            }
            for (Repair repair = outstanding.poll(); repair != null; repair = outstanding.poll()) {
                if (applyRepairs && down.contains(repair.target())) {
                    undelivered.add(repair);
                } else if (applyRepairs) {
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
                        nowMs,
                        repair.id(),
                        repair.key(),
                        repair.winner().version(),
                        repair.winner().vector(),
                        repair.winner().deleted(),
                        repair.validUntilMs());
        if (ignoreRepair.test(repair)) {
            return;
        }
        HeldValue held = stores.get(repair.target()).get(key);
        boolean applies = repair.condition().ifObserved()
                ? held == null
                        ? repair.condition().observed() == null
                        : repair.condition().observed() != null
                                && held.version()
                                        == repair.condition().observed().version()
                : held == null || isNoNewer(held, repair);
        String value = repair.winner().deleted()
                ? null
                : stores.get(repair.supplier()).get(key).value();
        HeldValue winner = new HeldValue(
                repair.winner().version(),
                repair.winner().vector(),
                repair.winner().positionMs(),
                value,
                repair.winner().expiryMs());
        HeldValue answer = applies ? winner : held;
        write(repair.target(), key, answer, repair.id());
    }

    private static boolean isNoNewer(HeldValue held, Repair repair) {
        if (held.vector() == null || repair.winner().vector() == null) {
            return held.version() <= repair.winner().version();
        }
        VersionVector.Order order = held.vector().compare(repair.winner().vector());
        return order == VersionVector.Order.BEFORE || order == VersionVector.Order.EQUAL;
    }

    /** The approximate size of an encoded message. */
    private static final class EncodedBytes implements Message.Visitor<Integer, RuntimeException> {

        private static final int SMALL = 100;

        @Override
        public Integer root(Message.Root root) {
            return SMALL;
        }

        @Override
        public Integer level(Message.Level level) {
            return 80 + 4 * level.parents().length + 8 * level.hashes().length;
        }

        @Override
        public Integer segment(Message.Segment segment) {
            return 80 + 60 * segment.entries().size();
        }

        @Override
        public Integer symbols(Message.Symbols symbols) {
            return 80 + 2 * symbols.segments().size() + symbols.symbols().length;
        }

        @Override
        public Integer entries(Message.Entries entries) {
            return 80
                    + 60 * entries.entries().size()
                    + Hash128.BYTES * entries.absent().size();
        }

        @Override
        public Integer probe(Message.Probe probe) {
            return SMALL;
        }

        @Override
        public Integer probeAnswer(Message.ProbeAnswer answer) {
            return SMALL;
        }

        @Override
        public Integer rebuilding(Message.Rebuilding rebuilding) {
            return 24;
        }

        @Override
        public Integer complete(Message.Complete complete) {
            return 24;
        }

        @Override
        public Integer pause(Message.Pause pause) {
            return SMALL;
        }

        @Override
        public Integer approval(Message.Approval approval) {
            return SMALL;
        }

        @Override
        public Integer choice(Message.Choice choice) {
            return SMALL;
        }
    }

    /** Keys for which the datastores differ; deleted and absent are equal. */
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

    private HeldValue live(HeldValue held) {
        return held == null || held.deleted() || held.expiryMs() <= nowMs ? null : held;
    }

    private Node node(String replica, String key) {
        return nodes.get(replica + Math.floorMod(Objects.hashCode(key), partitions));
    }
}
