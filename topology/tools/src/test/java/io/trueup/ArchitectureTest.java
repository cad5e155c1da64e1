package io.trueup;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.CompositeArchRule;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.security.SecureRandom;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;

/**
 * The boundaries between packages: which package may use which, and what the core may not use. {@link SizeLimitsTest} checks
 * how large packages, classes and parameter lists may be.
 */
@AnalyzeClasses(packages = "io.trueup", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {

    /**
     * For each package the packages that it may use. An entry {@code x} means exactly the package {@code io.trueup.x}, without
     * its subpackages: each package of main code needs an entry of its own.
     */
    private static final Map<String, Set<String>> MAY_USE = Map.ofEntries(
            Map.entry("schema", Set.of()),
            Map.entry("tree", Set.of()),
            Map.entry("reconcile", Set.of("tree")),
            Map.entry("failure", Set.of()),
            Map.entry("state", Set.of("failure", "tree")),
            Map.entry("avro", Set.of("schema")),
            Map.entry("config", Set.of("reconcile", "tree")),
            Map.entry("source", Set.of("avro", "schema", "tree")),
            Map.entry("repair", Set.of("avro", "reconcile", "schema", "source", "tree")),
            Map.entry("control", Set.of("avro", "reconcile", "schema", "tree")),
            Map.entry("report", Set.of("config", "reconcile", "schema", "tree")),
            Map.entry(
                    "stream",
                    Set.of(
                            "avro",
                            "config",
                            "control",
                            "failure",
                            "reconcile",
                            "repair",
                            "report",
                            "schema",
                            "source",
                            "state",
                            "tree")),
            Map.entry(
                    "command",
                    Set.of("avro", "config", "control", "failure", "reconcile", "repair", "schema", "source", "tree")),
            Map.entry(
                    "job",
                    Set.of(
                            "avro",
                            "config",
                            "control",
                            "failure",
                            "reconcile",
                            "repair",
                            "report",
                            "schema",
                            "source",
                            "state",
                            "stream",
                            "tree")),
            Map.entry("audit", Set.of("avro", "reconcile", "source", "tree")),
            Map.entry("history", Set.of("avro", "config", "schema", "source", "tree")),
            Map.entry("replica", Set.of("avro", "schema")),
            Map.entry("broker", Set.of()),
            Map.entry("demo", Set.of("avro", "broker", "command", "config", "job", "replica", "schema")),
            Map.entry("bench", Set.of("audit", "avro", "broker", "reconcile", "schema", "source")),
            Map.entry("cli.shell", Set.of("config")),
            Map.entry("cli.audit", Set.of("audit", "cli.shell", "config", "reconcile", "tree")),
            Map.entry("cli.history", Set.of("cli.shell", "config", "history", "reconcile", "schema", "tree")),
            Map.entry(
                    "cli",
                    Set.of(
                            "bench",
                            "cli.audit",
                            "cli.history",
                            "cli.shell",
                            "command",
                            "config",
                            "demo",
                            "job",
                            "replica",
                            "source")));

    private static final String ROOT = "io.trueup.";

    private static final String[] PURE = {"io.trueup.tree..", "io.trueup.reconcile.."};

    @ArchTest
    static final ArchRule everyPackageHasAnEntry = classes()
            .should()
            .resideInAnyPackage(packages(MAY_USE.keySet()))
            .because("ArchitectureTest.MAY_USE lists for each package the packages that it may use");

    @ArchTest
    static final ArchRule packagesUseOnlyPackagesOfTheirEntry = CompositeArchRule.of(MAY_USE.keySet().stream()
            .sorted()
            .map(ArchitectureTest::usesOnlyPackagesOfItsEntry)
            .toList());

    @ArchTest
    static final ArchRule packagesOfAnyDepthAreFreeOfCycles =
            slices().assignedFrom(new PackageSlices()).should().beFreeOfCycles();

    @ArchTest
    static final ArchRule theCoreUsesOnlyTheLanguage = classes()
            .that()
            .resideInAnyPackage(PURE)
            .should()
            .onlyDependOnClassesThat(resideInAnyPackage(PURE)
                    .or(resideInAnyPackage("java.lang", "java.lang.invoke", "java.lang.runtime"))
                    .or(resideInAnyPackage("java.util", "java.util.function", "java.util.stream"))
                    .or(resideInAnyPackage("java.nio", "java.nio.charset", "java.security", "javax.crypto..")))
            .because("a core without Kafka, Avro, files and sockets can be simulated and read on its own");

    @ArchTest
    static final ArchRule theCoreReadsNoClock = noClasses()
            .that()
            .resideInAnyPackage(PURE)
            .should()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(Thread.class, "sleep", long.class)
            .orShould()
            .dependOnClassesThat()
            .resideInAPackage("java.time..")
            .because("each call passes the time, so a run can be repeated");

    @ArchTest
    static final ArchRule theCoreUsesNoRandomNumbers = noClasses()
            .that()
            .resideInAnyPackage(PURE)
            .should()
            .dependOnClassesThat()
            .belongToAnyOf(
                    Random.class,
                    RandomGenerator.class,
                    SecureRandom.class,
                    SplittableRandom.class,
                    ThreadLocalRandom.class)
            .orShould()
            .callMethod(Math.class, "random")
            .orShould()
            .callMethod(UUID.class, "randomUUID")
            .orShould()
            .callMethod(Collections.class, "shuffle", List.class)
            .because("the same inputs give the same outputs");

    private static ArchRule usesOnlyPackagesOfItsEntry(String name) {
        Set<String> allowed = MAY_USE.get(name);
        return classes()
                .that()
                .resideInAPackage(ROOT + name)
                .should()
                .onlyDependOnClassesThat(resideOutsideOfPackage("io.trueup..")
                        .or(resideInAPackage(ROOT + name))
                        .or(resideInAnyPackage(packages(allowed))))
                .as("package " + name + " should use "
                        + allowed.stream().sorted().toList() + " of this project only")
                .allowEmptyShould(true);
    }

    private static String[] packages(Set<String> names) {
        return names.stream().map(ROOT::concat).toArray(String[]::new);
    }

    /** Each package is a slice of its own, whatever its depth. */
    private static final class PackageSlices implements SliceAssignment {

        @Override
        public SliceIdentifier getIdentifierOf(JavaClass javaClass) {
            return javaClass.getPackageName().startsWith(ROOT)
                    ? SliceIdentifier.of(javaClass.getPackageName())
                    : SliceIdentifier.ignore();
        }

        @Override
        public String getDescription() {
            return "the packages of this project";
        }
    }
}
