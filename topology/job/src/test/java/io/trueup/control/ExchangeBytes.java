package io.trueup.control;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.trueup.avro.SingleObjectCodec;
import io.trueup.mac.RecordMac;
import io.trueup.reconcile.EndOfInput;
import io.trueup.reconcile.Outbox;
import io.trueup.reconcile.Reconciler;
import io.trueup.reconcile.Repair;
import io.trueup.reconcile.RoundSummary;
import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.flood.FloodTotals;
import io.trueup.reconcile.flood.ReportedTotals;
import io.trueup.reconcile.rule.Conflict;
import io.trueup.reconcile.settings.Settings;
import io.trueup.schema.ControlMessage;
import io.trueup.tree.Entry;
import io.trueup.tree.EntryTable;
import io.trueup.tree.EntryTree;
import io.trueup.tree.Hash128;
import io.trueup.tree.Write;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What it takes two replicas to find d keys in which they differ: control bytes, messages and hops, of the real reconcilers and the real
 * encoding, without brokers. Half of the keys are missing on one replica, half have changed. Also a command: {@code ExchangeBytes <keys>
 * <partitions> <segment bits>}.
 */
final class ExchangeBytes {

    private static final List<String> REPLICAS = List.of("eu", "us");
    private static final byte[] SECRET = "0123456789abcdef".getBytes(UTF_8);
    private static final String TOPIC = "control";
    private static final long INTERVAL_MS = 60_000;
    private static final long GRACE_MS = 10_000;
    /** Name, length and content of the header with the MAC, as a broker stores them. */
    private static final int HEADER_BYTES = 2 + RecordMac.HEADER_BYTES;

    /**
     * What one round took, in all partitions and both replicas.
     *
     * @param differences keys that differed
     * @param repairs repairs that it emitted
     * @param rootBytes bytes that it would have taken without a difference
     * @param bytes all others: keys, values and headers of control records
     * @param messages control records, roots not counted
     * @param hops control messages, one after the other, before the last repair; the root is the first
     * @param hashes hashes of nodes in these messages
     * @param entries entries of keys in these messages
     */
    record Round(
            int differences,
            int repairs,
            long rootBytes,
            long bytes,
            long messages,
            int hops,
            long hashes,
            long entries) {

        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "%6d differences: %,11d bytes, %,6d messages, %d hops, %,d repairs (%,d hashes, %,d entries)",
                    differences,
                    bytes,
                    messages,
                    hops,
                    repairs,
                    hashes,
                    entries);
        }
    }

    private final ControlCodec codec = new ControlCodec("bench", SingleObjectCodec.of(ControlMessage.class));
    private final int keys;
    private final List<Node> nodes = new ArrayList<>();
    private final int partitions;
    private List<Message> sent = new ArrayList<>();
    private long nowMs = 1_000_000 * INTERVAL_MS + 20_000;
    private long rootBytes;
    private long bytes;
    private long messages;
    private long hashes;
    private long entries;
    private int repairs;
    private int hop;
    private int hops;

    /** @param symbols how many symbols are kept beside each tree; 0: the trees alone are descended */
    ExchangeBytes(int keys, int partitions, int segmentBits, int symbols) {
        this.keys = keys;
        this.partitions = partitions;
        Settings settings = new Settings.Builder("bench", "eu", REPLICAS, SECRET)
                .segmentBits(segmentBits)
                .symbols(symbols)
                .intervalMs(INTERVAL_MS)
                .graceMs(GRACE_MS)
                .patienceMs(100_000)
                .floodFraction(1)
                .maxSegmentsPerRound(1 << segmentBits)
                .maxEntriesPerRound(keys)
                .build();
        FloodTotals totals = new ReportedTotals(settings, partitions);
        for (String replica : REPLICAS) {
            for (int partition = 0; partition < partitions; partition++) {
                nodes.add(new Node(settings.of(replica), partition, totals));
            }
        }
        for (int key = 0; key < keys; key++) {
            write("eu", key, 1);
            write("us", key, 1);
        }
        round(0);
    }

    public static void main(String[] arguments) {
        int keys = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 1_000_000;
        int partitions = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 4;
        int bits = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 11;
        for (int symbols : new int[] {0, 128}) {
            System.out.printf(
                    Locale.ROOT,
                    "%,d keys, %d partitions of %d segments, %s%n",
                    keys,
                    partitions,
                    1 << bits,
                    symbols == 0 ? "trees alone" : symbols + " symbols kept");
            ExchangeBytes exchange = new ExchangeBytes(keys, partitions, bits, symbols);
            for (int differences : new int[] {0, 1, 10, 100, 1_000, 10_000}) {
                System.out.println(exchange.diverge(differences));
            }
        }
    }

    /** Lets keys differ, and repairs them after the round that finds them. */
    Round diverge(int differences) {
        for (int i = 0; i < differences; i++) {
            int key = key(i);
            if (i % 2 == 0) {
                write("eu", key, 2);
            } else {
                write("eu", added(i), 1);
            }
        }
        Round round = round(differences);
        for (int i = 0; i < differences; i++) {
            int key = key(i);
            if (i % 2 == 0) {
                write("us", key, 2);
            } else {
                write("us", added(i), 1);
            }
        }
        round(0);
        for (int i = 0; i < differences; i++) {
            int key = key(i);
            for (String replica : REPLICAS) {
                if (i % 2 == 0) {
                    write(replica, key, 3);
                } else {
                    delete(replica, added(i));
                }
            }
        }
        round(0);
        return round;
    }

    /** Spreads keys over all partitions: the factor is a prime. */
    private int key(int i) {
        return (int) (i * 611_953L % keys);
    }

    private int added(int i) {
        return keys + i / 2;
    }

    private void write(String replica, int key, long version) {
        node(replica, key).write(key, version, ("value" + version).getBytes(UTF_8), nowMs);
    }

    private void delete(String replica, int key) {
        node(replica, key).write(key, 2, null, nowMs);
    }

    private Node node(String replica, int key) {
        return nodes.get(REPLICAS.indexOf(replica) * partitions + key % partitions);
    }

    private Round round(int differences) {
        rootBytes = 0;
        bytes = 0;
        messages = 0;
        hashes = 0;
        entries = 0;
        repairs = 0;
        hops = 0;
        long dueMs = (nowMs / INTERVAL_MS + 1) * INTERVAL_MS;
        nowMs = dueMs;
        nodes.forEach(node -> node.reconciler.progress(dueMs, dueMs));
        nodes.forEach(node -> node.reconciler.tick(dueMs));
        hop = 0;
        nodes.forEach(Node::seal);
        while (!sent.isEmpty()) {
            List<Message> arriving = sent;
            sent = new ArrayList<>();
            hop++;
            arriving.forEach(message -> nodes.stream()
                    .filter(node -> node.partition == message.partition())
                    .forEach(node -> node.reconciler.message(dueMs, message)));
        }
        nowMs = dueMs + 46_000;
        nodes.forEach(node -> node.reconciler.tick(nowMs));
        nowMs = dueMs + 48_000;
        return new Round(differences, repairs, rootBytes, bytes, messages, hops, hashes, entries);
    }

    private final class Node implements Outbox, EndOfInput {
        private final int partition;
        private final Reconciler reconciler;
        private long offset;
        private long awaited;

        Node(Settings settings, int partition, FloodTotals totals) {
            this.partition = partition;
            reconciler = new Reconciler(settings, partition, new Table(), this, this, totals, nowMs);
            reconciler.open(nowMs, EntryTree.SLICES);
        }

        void write(int key, long version, byte[] value, long positionMs) {
            reconciler.write(new Write(
                    ("key" + key).getBytes(UTF_8),
                    version,
                    positionMs,
                    value == null,
                    value,
                    null,
                    Entry.NEVER,
                    null,
                    offset++,
                    positionMs));
        }

        void seal() {
            reconciler.sealed(nowMs, awaited, offset);
        }

        @Override
        public int publish(Message message) {
            sent.add(message);
            int size = codec.encode(TOPIC, message).length
                    + new ControlKey(message.replica(), partition).encode().length
                    + HEADER_BYTES;
            if (message.body() instanceof Message.Root) {
                rootBytes += size;
            } else {
                bytes += size;
                messages++;
            }
            if (message.body() instanceof Message.Level level) {
                hashes += level.hashes().length / 2;
            } else if (message.body() instanceof Message.Segment segment) {
                entries += segment.entries().size();
            } else if (message.body() instanceof Message.Entries single) {
                entries += single.entries().size();
            }
            return size;
        }

        @Override
        public void refused(Message message, String reason) {
            throw new IllegalStateException(reason);
        }

        @Override
        public void repair(Repair repair) {
            repairs++;
            hops = hop;
        }

        @Override
        public void conflict(Conflict conflict) {
            throw new IllegalStateException("a conflict: " + conflict);
        }

        @Override
        public void filling(String target, long lacking, long held, boolean waits) {
            throw new IllegalStateException(target + " is filled");
        }

        @Override
        public void scanCompleted(String scan, long dropped) {
            throw new IllegalStateException("no scan was started");
        }

        @Override
        public void report(RoundSummary summary) {}

        @Override
        public void awaitEnd(long round) {
            awaited = round;
        }

        @Override
        public void awaitEndForProbes(long ticket) {
            throw new IllegalStateException("no probe was sent");
        }
    }

    /** Entries in memory. */
    private static final class Table implements EntryTable {
        private final TreeMap<Hash128, Entry> rows = new TreeMap<>();
        private final TreeMap<String, byte[]> notes = new TreeMap<>();

        @Override
        public Entry get(Hash128 keyHash) {
            return rows.get(keyHash);
        }

        @Override
        public void put(Hash128 keyHash, Entry entry) {
            rows.put(keyHash, entry);
        }

        @Override
        public void remove(Hash128 keyHash) {
            rows.remove(keyHash);
        }

        @Override
        public byte[] note(String name) {
            return notes.get(name);
        }

        @Override
        public SortedMap<String, byte[]> notes(String prefix) {
            return new TreeMap<>(notes.subMap(prefix, prefix + Character.MAX_VALUE));
        }

        @Override
        public void note(String name, byte[] value) {
            if (value == null) {
                notes.remove(name);
            } else {
                notes.put(name, value);
            }
        }

        @Override
        public void scan(Hash128 first, Hash128 last, Visitor visitor) {
            rows.subMap(first, true, last, true).forEach(visitor::visit);
        }
    }
}
