package io.trueup.config.window;

import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import io.trueup.reconcile.settings.RepairWindows;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The maintenance windows of a configuration: each begins when its cron expression says so, and lasts for a time. Where several
 * cover a replica at once, the slowest counts; among those, the one that ends last. Immutable and thread-safe.
 */
public final class MaintenanceWindows {

    /** How one window is written. */
    public static final String FORM =
            "<minute> <hour> <day of month> <month> <day of week> for <duration> [replicas <name>,<name>] [rate <repairs per second>]";

    private static final Pattern ITEM = Pattern.compile(
            "(?<cron>\\S+(?: +\\S+){4}) +for +(?<duration>\\S+)(?: +replicas +(?<replicas>\\S+))?(?: +rate +(?<rate>\\d{1,8}))?");
    private static final String SEPARATOR = ";";
    private static final CronParser PARSER = new CronParser(CronDefinitionBuilder.instanceDefinitionFor(CronType.UNIX));

    private static final long MINUTE_MS = 60_000;

    /** When the latest window that has begun by a minute ends. */
    private record End(long minute, ZoneId zone, long endMs) {}

    /** One window. Asked for each key that differs, it keeps the last answer. */
    private static final class Item {
        private final ExecutionTime begins;
        private final Duration lasts;
        private final Set<String> replicas;
        private final int perSecond;
        private volatile End last;

        Item(ExecutionTime begins, Duration lasts, Set<String> replicas, int perSecond) {
            this.begins = begins;
            this.lasts = lasts;
            this.replicas = replicas;
            this.perSecond = perSecond;
        }

        boolean covers(String replica) {
            return replicas.isEmpty() || replicas.contains(replica);
        }

        /** The end of the latest window that has begun by a time; windows begin with a minute, which belongs to them. */
        long endMs(long atMs, ZoneId zone) {
            long minute = Math.floorDiv(atMs, MINUTE_MS);
            End known = last;
            if (known == null || known.minute() != minute || !known.zone().equals(zone)) {
                ZonedDateTime within =
                        Instant.ofEpochMilli(minute * MINUTE_MS).atZone(zone).plusNanos(1);
                known = new End(
                        minute,
                        zone,
                        begins.lastExecution(within)
                                .map(begin -> begin.toInstant().plus(lasts).toEpochMilli())
                                .orElse(Long.MIN_VALUE));
                last = known;
            }
            return known.endMs();
        }
    }

    private final List<Item> items;
    private final ZoneId zone;

    private MaintenanceWindows(List<Item> items, ZoneId zone) {
        this.items = List.copyOf(items);
        this.zone = zone;
    }

    /**
     * Reads the windows of a setting.
     *
     * @param text windows as in {@link #FORM}, separated by semicolons; empty for none
     * @param duration reads a duration such as {@code 3h}; returns null for what is none
     * @throws IllegalArgumentException if the text cannot be read; the message says what is wrong
     */
    public static MaintenanceWindows parse(String text, ZoneId zone, Function<String, Duration> duration) {
        List<Item> items = new ArrayList<>();
        for (String item : text.split(SEPARATOR, -1)) {
            if (!item.isBlank()) {
                items.add(item(item.strip(), duration));
            }
        }
        return new MaintenanceWindows(items, zone);
    }

    private static Item item(String text, Function<String, Duration> duration) {
        Matcher parts = ITEM.matcher(text);
        if (!parts.matches()) {
            throw new IllegalArgumentException("\"" + text + "\" is no window; write " + FORM);
        }
        Duration lasts = duration.apply(parts.group("duration"));
        if (lasts == null || lasts.isZero() || lasts.isNegative()) {
            throw new IllegalArgumentException(
                    "\"" + parts.group("duration") + "\" is no duration; write one such as 30m or 3h");
        }
        Set<String> replicas = parts.group("replicas") == null
                ? Set.of()
                : new TreeSet<>(Arrays.asList(parts.group("replicas").split(",", -1)));
        int rate = parts.group("rate") == null ? 0 : Integer.parseInt(parts.group("rate"));
        try {
            return new Item(ExecutionTime.forCron(PARSER.parse(parts.group("cron"))), lasts, replicas, rate);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "\"" + parts.group("cron") + "\" is no cron expression of five fields: " + e.getMessage(), e);
        }
    }

    /**
     * Reads the name of a time zone.
     *
     * @throws IllegalArgumentException if there is no such zone
     */
    public static ZoneId zone(String name) {
        try {
            return ZoneId.of(name);
        } catch (DateTimeException e) {
            throw new IllegalArgumentException(
                    "there is no time zone " + name + "; write one such as UTC or Europe/Berlin", e);
        }
    }

    /** The replicas that are named; empty where all windows are for all. */
    public Set<String> replicas() {
        Set<String> names = new TreeSet<>();
        items.forEach(item -> names.addAll(item.replicas));
        return names;
    }

    /**
     * The windows as the reconciler of one partition uses them.
     *
     * @param perRound how many repairs one round of one partition may have at a rate of so many per second
     */
    public RepairWindows windows(Function<Integer, Integer> perRound) {
        return items.isEmpty() ? RepairWindows.NONE : (target, atMs) -> at(target, atMs, perRound);
    }

    private Optional<RepairWindows.Window> at(String target, long atMs, Function<Integer, Integer> perRound) {
        RepairWindows.Window slowest = null;
        for (Item item : items) {
            long untilMs = item.covers(target) ? item.endMs(atMs, zone) : Long.MIN_VALUE;
            boolean counts = untilMs > atMs
                    && (slowest == null
                            || item.perSecond < slowest.perSecond()
                            || item.perSecond == slowest.perSecond() && untilMs > slowest.untilMs());
            if (counts) {
                int round = item.perSecond == 0 ? 0 : perRound.apply(item.perSecond);
                slowest = new RepairWindows.Window(untilMs, item.perSecond, round);
            }
        }
        return Optional.ofNullable(slowest);
    }
}
