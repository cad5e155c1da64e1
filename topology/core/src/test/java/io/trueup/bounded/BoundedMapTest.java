package io.trueup.bounded;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class BoundedMapTest {

    @Test
    void shouldForgetTheEntryThatWasPutFirst() {
        Map<String, Integer> map = BoundedMap.oldestFirst(2);
        map.put("a", 1);
        map.put("b", 2);
        assertThat(map.get("a")).isEqualTo(1);

        map.put("c", 3);

        assertThat(map).containsOnlyKeys("b", "c");
    }

    @Test
    void shouldForgetTheEntryThatWasLeastRecentlyUsed() {
        Map<String, Integer> map = BoundedMap.leastRecentlyUsedFirst(2);
        map.put("a", 1);
        map.put("b", 2);
        assertThat(map.get("a")).isEqualTo(1);

        map.put("c", 3);

        assertThat(map).containsOnlyKeys("a", "c");
    }

    @Test
    void shouldForgetNothingWhenAnEntryIsReplaced() {
        Map<String, Integer> map = BoundedMap.oldestFirst(2);
        map.put("a", 1);
        map.put("b", 2);

        map.put("b", 3);

        assertThat(map).containsOnly(Map.entry("a", 1), Map.entry("b", 3));
    }
}
