package io.trueup.bench.process;

import io.trueup.config.TrueupConfig;
import io.trueup.job.Job;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.stream.Stream;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * The memory of a process of a job at one moment.
 *
 * @param bytes bytes of each part; a part that the process or the system does not know is left out
 * @param heapByClass bytes of all live objects of each class, the largest first
 */
public record MemoryFigures(Map<Part, Long> bytes, Map<String, Long> heapByClass) {

    private static final int CLASSES = 40;
    private static final Path PROCESS_STATUS = Path.of("/proc/self/status");
    private static final int BYTES_PER_KB = 1_024;
    /** {@code streams.rocksdb.config.setter}: without it, all stores of a process share one cache. */
    private static final String CONFIG_SETTER = "rocksdb.config.setter";

    /** A part of the memory, or of the disk. */
    public enum Part {
        /** Bytes of all live objects, counted by a class histogram after a full garbage collection. */
        HEAP("Java heap", "live objects in a class histogram, after a full garbage collection"),
        /** Buffers outside of the heap that Java has allocated. */
        DIRECT("direct buffers", "BufferPoolMXBean, direct and mapped"),
        /** Writes that RocksDB has not written to files. */
        MEMTABLES("RocksDB memtables", "sum of size-all-mem-tables of all stores"),
        /** Blocks, indexes and filters of files. */
        BLOCK_CACHE("RocksDB block cache", "block-cache-usage without the memtables, which are charged to it"),
        /** Of files whose index and filter are not in the cache. */
        TABLE_READERS("RocksDB table readers", "sum of estimate-table-readers-mem of all stores"),
        /** What the system has given to the process, whatever for: not a part, but more than the sum of the others. */
        RESIDENT("resident memory", "VmRSS of /proc/self/status; contains heap that is free"),
        /** Files of the state. */
        DISK("state on disk", "size of the files below state.dir");

        private final String label;
        private final String method;

        Part(String label, String method) {
            this.label = label;
            this.method = method;
        }

        public String label() {
            return label;
        }

        /** How it is measured. */
        public String method() {
            return method;
        }
    }

    static MemoryFigures take(Job job, TrueupConfig config) {
        StreamsFigures streams = new StreamsFigures(job);
        Map<String, Long> classes = histogram();
        Map<Part, Long> bytes = new EnumMap<>(Part.class);
        bytes.put(
                Part.HEAP, classes.values().stream().mapToLong(Long::longValue).sum());
        bytes.put(
                Part.DIRECT,
                ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                        .mapToLong(BufferPoolMXBean::getMemoryUsed)
                        .sum());
        if (streams.ofStores("size-all-mem-tables").findAny().isPresent()) {
            long memtables = (long) streams.ofStores("size-all-mem-tables").sum();
            boolean shared = job.streams().keySet().stream()
                    .noneMatch(replica -> config.streamsProperties(replica).containsKey(CONFIG_SETTER));
            double cache = shared
                    ? streams.ofStores("block-cache-usage").max().orElse(0)
                    : streams.ofStores("block-cache-usage").sum();
            bytes.put(Part.MEMTABLES, memtables);
            bytes.put(Part.BLOCK_CACHE, Math.max(0, (long) cache - (shared ? memtables : 0)));
            bytes.put(Part.TABLE_READERS, (long)
                    streams.ofStores("estimate-table-readers-mem").sum());
        }
        residentBytes().ifPresent(resident -> bytes.put(Part.RESIDENT, resident));
        bytes.put(Part.DISK, sizeOf(config.stateDir()));
        Map<String, Long> largest = new LinkedHashMap<>();
        classes.entrySet().stream()
                .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
                .limit(CLASSES)
                .forEach(type -> largest.put(type.getKey(), type.getValue()));
        return new MemoryFigures(bytes, largest);
    }

    /** Bytes of the live objects of each class. The JVM collects garbage before it counts. */
    private static Map<String, Long> histogram() {
        try {
            String text = (String) ManagementFactory.getPlatformMBeanServer()
                    .invoke(
                            new ObjectName("com.sun.management:type=DiagnosticCommand"),
                            "gcClassHistogram",
                            new Object[] {new String[0]},
                            new String[] {String[].class.getName()});
            return parse(text);
        } catch (JMException e) {
            throw new IllegalStateException("this JVM makes no class histogram: use a HotSpot JVM", e);
        }
    }

    /** Lines such as {@code 1: 4095 262080 [B (java.base@17.0.15)}. */
    static Map<String, Long> parse(String histogram) {
        Map<String, Long> classes = new LinkedHashMap<>();
        histogram.lines().map(String::strip).forEach(line -> {
            String[] words = line.split("\\s+", -1);
            if (words.length >= 4 && words[0].matches("[0-9]+:")) {
                classes.merge(words[3], Long.parseLong(words[2]), Long::sum);
            }
        });
        return classes;
    }

    private static Optional<Long> residentBytes() {
        if (!Files.isReadable(PROCESS_STATUS)) {
            return Optional.empty();
        }
        try (Stream<String> lines = Files.lines(PROCESS_STATUS)) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .map(line -> BYTES_PER_KB * Long.parseLong(line.replaceAll("[^0-9]", "")))
                    .findFirst();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long sizeOf(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.mapToLong(MemoryFigures::sizeOfFile).sum();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the state directory " + directory, e);
        }
    }

    private static long sizeOfFile(Path file) {
        try {
            return Files.isRegularFile(file) ? Files.size(file) : 0;
        } catch (NoSuchFileException e) {
            return 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String line() {
        StringJoiner words = new StringJoiner(" ");
        bytes.forEach((part, size) -> words.add(part + "=" + size));
        heapByClass.forEach((type, size) -> words.add("class:" + type + "=" + size));
        return words.toString();
    }

    static MemoryFigures of(String line) {
        Map<Part, Long> bytes = new EnumMap<>(Part.class);
        Map<String, Long> classes = new LinkedHashMap<>();
        for (String word : line.split(" ", -1)) {
            int equals = word.lastIndexOf('=');
            long size = Long.parseLong(word.substring(equals + 1));
            String name = word.substring(0, equals);
            if (name.startsWith("class:")) {
                classes.put(name.substring("class:".length()), size);
            } else {
                bytes.put(Part.valueOf(name), size);
            }
        }
        return new MemoryFigures(bytes, classes);
    }
}
