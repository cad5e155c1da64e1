package io.trueup.simulation;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The writes of one partition as all replicas should apply them. */
final class Feed {

    /** One write. */
    record Publication(int index, String key, HeldValue held, long publishedMs) {}

    private final List<Publication> publications = new ArrayList<>();
    private final Map<String, List<Publication>> byKey = new LinkedHashMap<>();

    Publication publish(String key, HeldValue held, long nowMs) {
        Publication publication = new Publication(publications.size(), key, held, nowMs);
        publications.add(publication);
        byKey.computeIfAbsent(key, k -> new ArrayList<>()).add(publication);
        return publication;
    }

    Publication get(int index) {
        return publications.get(index);
    }

    List<Publication> of(String key) {
        return byKey.getOrDefault(key, List.of());
    }

    int size() {
        return publications.size();
    }
}
