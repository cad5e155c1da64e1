package io.trueup.simulation;

import io.trueup.reconcile.rule.Conflict;
import io.trueup.reconcile.rule.Conflict.Side;
import io.trueup.reconcile.rule.EntrySummary;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * The conflicts topic as a person reads it: the latest report of each replica, merged. Of each replica, the latest news counts.
 * Remembers everything that was reported, and requires that no report makes the list poorer: as long as it stands, each owner
 * that was heard in any report is listed with what was reported of it last.
 */
final class ConflictList {

    /**
     * What was reported of one replica.
     *
     * @param heardMs the cut at which it was heard
     * @param entry the side that it holds; null: none
     */
    private record News(long heardMs, EntrySummary entry) {

        /** The later news; of two of the same cut, one that names a side: the other reporter may have heard fewer replicas. */
        News latest(News other) {
            boolean later = other.heardMs > heardMs || other.heardMs == heardMs && entry == null;
            return later ? other : this;
        }
    }

    private static final class Report {
        private Conflict latest;
        private long sent;
        /** The last news about each replica since the conflict was first reported. */
        private final Map<String, News> remembered = new TreeMap<>();
    }

    private final World world;
    /** By partition and key, then by the replica that reports. */
    private final Map<String, TreeMap<String, Report>> reports = new HashMap<>();

    private long sent;

    ConflictList(World world) {
        this.world = world;
    }

    private static String at(int partition, String key) {
        return partition + " " + key;
    }

    /** @param isKnown whether the reporter cannot have forgotten its earlier reports */
    void reported(Node from, String key, Conflict conflict, boolean isKnown) {
        TreeMap<String, Report> ofKey = reports.computeIfAbsent(at(from.partition, key), k -> new TreeMap<>());
        Report report = ofKey.computeIfAbsent(from.replica, r -> new Report());
        if (!isKnown) {
            report.remembered.clear();
        }
        report.latest = conflict;
        report.sent = ++sent;
        report.remembered.keySet().removeIf(replica -> !from.isOwner(replica));
        requireNothingLost(key, report.remembered, conflict);
        report.remembered.putAll(news(conflict));
        requireComplete(from.partition, key, ofKey);
    }

    /** A replica that was not heard is reported as before. */
    private void requireNothingLost(String key, Map<String, News> remembered, Conflict conflict) {
        Map<String, News> news = news(conflict);
        remembered.forEach((replica, before) -> {
            News now = news.get(replica);
            world.truth.require(
                    now != null && (now.heardMs() == conflict.cutMs() || isSame(before.entry(), now.entry())),
                    key,
                    conflict.reporter() + " has not heard " + replica + ", has reported of it " + before
                            + ", and now reports " + now);
        });
    }

    void withdrawn(Node reporter, String key) {
        TreeMap<String, Report> ofKey = reports.get(at(reporter.partition, key));
        if (ofKey != null) {
            ofKey.remove(reporter.replica);
        }
    }

    private static Map<String, News> news(Conflict conflict) {
        Map<String, News> news = new TreeMap<>();
        conflict.heardMs().forEach((replica, heardMs) -> news.put(replica, new News(heardMs, null)));
        conflict.sides()
                .forEach(side -> side.replicas()
                        .forEach(replica ->
                                news.put(replica, new News(conflict.heardMs().get(replica), side.entry()))));
        return news;
    }

    private void requireComplete(int partition, String key, TreeMap<String, Report> ofKey) {
        Map<String, News> listed = new TreeMap<>();
        ofKey.values()
                .forEach(report ->
                        news(report.latest).forEach((replica, news) -> listed.merge(replica, news, News::latest)));
        ofKey.forEach((reporter, report) -> report.remembered.forEach((replica, news) -> {
            News now = listed.get(replica);
            boolean isListed = now != null
                    && (now.heardMs() > news.heardMs()
                            || now.heardMs() == news.heardMs() && (now.entry() != null || news.entry() == null));
            world.truth.require(
                    isListed || !world.ownedLately(partition, replica),
                    key,
                    reporter + " has reported " + news + " of " + replica + ", and the list of conflicts now says "
                            + now);
        }));
    }

    private boolean isSame(EntrySummary a, EntrySummary b) {
        if (a == null || b == null) {
            return a == null && b == null;
        }
        boolean regardless = a.deleted() || world.plan.settings().rules().compareValues();
        return a.deleted() == b.deleted()
                && a.digest().equals(b.digest())
                && (regardless || a.version() == b.version() && Objects.equals(a.vector(), b.vector()));
    }

    /** The conflict as all reports together describe it. */
    Conflict merged(int partition, String key) {
        List<Report> latestFirst =
                new ArrayList<>(reports.get(at(partition, key)).values());
        latestFirst.sort((a, b) -> a.latest.cutMs() == b.latest.cutMs()
                ? Long.compare(b.sent, a.sent)
                : Long.compare(b.latest.cutMs(), a.latest.cutMs()));
        Map<String, News> listed = new TreeMap<>();
        latestFirst.forEach(
                report -> news(report.latest).forEach((replica, news) -> listed.merge(replica, news, News::latest)));
        List<Side> sides = new ArrayList<>();
        for (Report report : latestFirst) {
            for (Side side : report.latest.sides()) {
                List<String> replicas = listed.entrySet().stream()
                        .filter(entry -> isSame(entry.getValue().entry(), side.entry()))
                        .map(Map.Entry::getKey)
                        .toList();
                if (!replicas.isEmpty()) {
                    sides.add(new Side(replicas, side.entry()));
                    listed.keySet().removeAll(replicas);
                }
            }
        }
        Conflict latest = latestFirst.get(0).latest;
        return new Conflict(
                latest.key(), latest.keyHash(), latest.cutMs(), "", latest.reason(), sides, latest.heardMs());
    }
}
