package io.trueup.demo.fault;

import io.trueup.demo.feed.Feed;
import io.trueup.demo.feed.SourceRecord;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Writes to the feed at a steady rate on a thread of its own (70 % updates, 20 % inserts, 10 % deletes), and puts the planned faults
 * among these writes. Ordinary writes do not touch the keys of faults, so only a repair can fix them.
 */
public final class Workload implements AutoCloseable {

    private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private final Feed feed;
    private final FaultInjector injector;
    private final int writesPerSecond;
    private final Random random;
    private final List<SourceRecord> free = new ArrayList<>();
    private final Map<String, SourceRecord> reserved = new HashMap<>();
    private final List<SourceRecord> templates;
    private final Thread thread = new Thread(this::run, "workload");
    private volatile Iterator<List<Fault>> faults = List.<List<Fault>>of().iterator();
    private volatile double faultsPerWrite;
    private volatile boolean running = true;
    private volatile RuntimeException failure;
    private long writes;
    private double faultsDue;

    /**
     * @param loaded records whose keys and values are written
     * @param reserved keys of faults
     */
    public Workload(
            Feed feed,
            FaultInjector injector,
            int writesPerSecond,
            List<SourceRecord> loaded,
            Set<String> reserved,
            long seed) {
        this.feed = feed;
        this.injector = injector;
        this.writesPerSecond = writesPerSecond;
        this.templates = List.copyOf(loaded);
        this.random = new Random(seed);
        for (SourceRecord record : loaded) {
            if (reserved.contains(record.key())) {
                this.reserved.put(record.key(), record);
            } else {
                free.add(record);
            }
        }
        thread.setDaemon(true);
    }

    public void start() {
        thread.start();
    }

    /**
     * Spreads faults evenly over the writes of the next seconds. Call it once.
     *
     * @param planned the faults, those of one write together
     */
    public void inject(Collection<List<Fault>> planned, double seconds) {
        faultsPerWrite = planned.size() / (seconds * writesPerSecond);
        faults = planned.iterator();
    }

    /**
     * Checks that the workload still writes.
     *
     * @throws RuntimeException the failure that stopped the workload, if any
     */
    public void check() {
        if (failure != null) {
            throw failure;
        }
    }

    /** Stops writing. The broker has acknowledged all writes when this returns. */
    @Override
    public void close() {
        running = false;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try {
            long startNanos = System.nanoTime();
            while (running) {
                long due = (long) ((System.nanoTime() - startNanos) * 1e-9 * writesPerSecond);
                while (running && writes < due) {
                    write();
                }
                LockSupport.parkNanos(TICK_NANOS);
            }
            feed.flush();
        } catch (RuntimeException e) {
            failure = e;
        }
    }

    private void write() {
        writes++;
        faultsDue += faultsPerWrite;
        while (faultsDue >= 1 && faults.hasNext()) {
            faultsDue--;
            writeWithFaults(faults.next());
        }
        int dice = random.nextInt(10);
        if (dice < 7 && !free.isEmpty()) {
            update();
        } else if (dice < 9 || free.isEmpty()) {
            insert();
        } else {
            delete();
        }
    }

    private void update() {
        SourceRecord record = free.get(random.nextInt(free.size()));
        feed.write(record.key(), record.revised(writes));
    }

    private void insert() {
        SourceRecord template = templates.get(random.nextInt(templates.size()));
        SourceRecord record = template.withKey(template.key() + "~new" + writes);
        free.add(record);
        feed.write(record.key(), record.value());
    }

    private void delete() {
        int index = random.nextInt(free.size());
        SourceRecord deleted = free.get(index);
        free.set(index, free.get(free.size() - 1));
        free.remove(free.size() - 1);
        feed.write(deleted.key(), null);
    }

    private void writeWithFaults(List<Fault> together) {
        Fault fault = together.get(0);
        byte[] value = switch (fault.kind()) {
            case LOST -> templates.get(random.nextInt(templates.size())).value();
            case STALE, CORRUPT, CONFLICT, PROBE -> reserved.get(fault.key()).revised(writes);
            case UNDELETED -> null;
            case OUTAGE, TTL, EXPIRED_TOMBSTONES, SCRUB, EMPTY_REPLICA, MEMBERSHIP, WRONG_PARTITIONER ->
                throw fault.kind().notAFaultOfAWrite();
        };
        injector.arm(together, value);
        feed.write(fault.key(), value);
    }
}
