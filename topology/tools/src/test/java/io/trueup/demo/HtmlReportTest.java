package io.trueup.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.trueup.demo.cluster.JobOutput.RoundCounts;
import io.trueup.demo.fault.Fault;
import io.trueup.demo.fault.FaultKind;
import io.trueup.demo.fault.FaultTracker.Repaired;
import io.trueup.demo.fault.Injection;
import java.io.StringReader;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

class HtmlReportTest {

    private static final long START_MS = 1_000_000;

    private static Injection fault(String key, long atMs) {
        return new Injection(new Fault(FaultKind.LOST, key, "us"), null, START_MS + atMs);
    }

    private static HtmlReport report(List<Injection> injected, List<Repaired> repaired, List<RoundCounts> rounds) {
        return new HtmlReport(
                new DemoReport(
                        new DemoReport.Setup(100, 3, 2, 7, List.of("lost")),
                        new DemoReport.Outcome(0, 0, true, 10, null),
                        new DemoReport.Faults(Map.of(), Map.of(), Map.of(), 0),
                        new DemoReport.Repairs(Map.of("us", 2L), 0, 0, Latency.of(repaired)),
                        new DemoReport.Tables(0, Map.of("us", 12_345L), Map.of()),
                        new DemoReport.JobCounts(2, 1, 0, Map.of(), 0, 0, 0, 0)),
                List.of("EQUAL after <10.0 s>"),
                new HtmlReport.Course(START_MS, START_MS + 10_000, injected, repaired, rounds));
    }

    private static List<Document> pictures(String html) throws Exception {
        List<String> found = Pattern.compile("<svg.*?</svg>", Pattern.DOTALL)
                .matcher(html)
                .results()
                .map(MatchResult::group)
                .toList();
        List<Document> parsed = new java.util.ArrayList<>();
        for (String picture : found) {
            parsed.add(DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(new InputSource(new StringReader(picture))));
        }
        return parsed;
    }

    private static String line(Document picture, int number) {
        return picture.getElementsByTagName("path")
                .item(number)
                .getAttributes()
                .getNamedItem("d")
                .getNodeValue();
    }

    @Test
    void shouldDrawWhatHappenedWhen() throws Exception {
        Injection first = fault("a", 2_000);
        Injection second = fault("b", 4_000);
        String html = report(
                        List.of(first, second),
                        List.of(new Repaired(first, START_MS + 6_000), new Repaired(second, START_MS + 8_000)),
                        List.of(
                                new RoundCounts(1, START_MS + 1_000, 4, 4, 0, 0, 0, 0),
                                new RoundCounts(2, START_MS + 3_000, 4, 1, 2, 0, 0, 1)))
                .html();

        List<Document> pictures = pictures(html);
        assertThat(pictures).hasSize(3);
        // 804 units from 56 on are 10 s; 174 units up to 12 are 2 faults
        assertThat(line(pictures.get(0), 0)).isEqualTo("M56.0 186.0H216.8V99.0H377.6V12.0H860.0");
        assertThat(line(pictures.get(0), 1))
                .isEqualTo("M56.0 186.0H216.8V99.0H377.6V12.0H538.4V99.0H699.2V186.0H860.0");
        assertThat(pictures.get(1).getElementsByTagName("rect").getLength()).isEqualTo(4);
        assertThat(pictures.get(2).getElementsByTagName("rect").getLength()).isEqualTo(1);
        assertThat(html)
                .contains("Equal again", "<td>us</td><td>12 345</td>", "EQUAL after &lt;10.0 s&gt;")
                .doesNotContain("<script", "http");
    }

    @Test
    void shouldDrawARunWithoutFaults() throws Exception {
        assertThat(pictures(report(List.of(), List.of(), List.of()).html())).hasSize(3);
    }

    @Test
    void shouldPutTimesIntoSpans() {
        assertThat(Picture.spans(List.of(0L, 40L, 50L, 99L, 100L), 4))
                .extracting(bar -> bar.parts().get(0))
                .containsExactly(1L, 1L, 1L, 2L);
    }
}
