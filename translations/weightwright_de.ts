<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
<context>
    <name>AboutDialog</name>
    <message>
        <source>About Weightwright</source>
        <translation>Über Weightwright</translation>
    </message>
    <message>
        <source>A workbench for quantizing language models.</source>
        <translation>Eine Werkbank zum Quantisieren von Sprachmodellen.</translation>
    </message>
    <message>
        <source>This window is free software under the GNU General Public License, version 3 or later; the library and the command line tool are under the MIT license.</source>
        <translation>Dieses Programm ist freie Software unter der GNU General Public License, Version 3 oder neuer; die Bibliothek und das Kommandozeilenwerkzeug stehen unter der MIT-Lizenz.</translation>
    </message>
    <message>
        <source>Built with Qt %1, QCustomPlot and %2.</source>
        <translation>Gebaut mit Qt %1, QCustomPlot und %2.</translation>
    </message>
    <message>
        <source>Keyboard Shortcuts</source>
        <translation>Tastenkürzel</translation>
    </message>
    <message>
        <source>What</source>
        <translation>Was</translation>
    </message>
    <message>
        <source>Keys</source>
        <translation>Tasten</translation>
    </message>
    <message>
        <source>Layer map: move, extend the selection, select</source>
        <translation>Schichtenkarte: bewegen, Auswahl erweitern, auswählen</translation>
    </message>
    <message>
        <source>Arrows, Shift+Arrows, Space</source>
        <translation>Pfeile, Umschalt+Pfeile, Leertaste</translation>
    </message>
    <message>
        <source>Layer map and table: select all</source>
        <translation>Schichtenkarte und Tabelle: alles auswählen</translation>
    </message>
    <message>
        <source>Table: edit format or method of the selection</source>
        <translation>Tabelle: Format oder Verfahren der Auswahl ändern</translation>
    </message>
    <message>
        <source>Plots: move, zoom, whole range</source>
        <translation>Diagramme: verschieben, vergrößern, ganzer Bereich</translation>
    </message>
    <message>
        <source>Arrows, + and −, Home</source>
        <translation>Pfeile, + und −, Pos1</translation>
    </message>
    <message>
        <source>Next and previous field</source>
        <translation>Nächstes und voriges Feld</translation>
    </message>
    <message>
        <source>Tab, Shift+Tab</source>
        <translation>Tab, Umschalt+Tab</translation>
    </message>
</context>
<context>
    <name>Buttons</name>
    <message>
        <source>OK</source>
        <translation>OK</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
</context>
<context>
    <name>Choices</name>
    <message>
        <source>Stays as it is: only weight matrices are quantized.</source>
        <translation>Bleibt, wie er ist: Nur Gewichtsmatrizen werden quantisiert.</translation>
    </message>
    <message>
        <source>The format of the whole recipe.</source>
        <translation>Das Format des ganzen Rezepts.</translation>
    </message>
    <message>
        <source>The basic format of the preset %1.</source>
        <translation>Das Grundformat der Vorlage %1.</translation>
    </message>
    <message>
        <source>The preset %1 treats this tensor separately.</source>
        <translation>Die Vorlage %1 behandelt diesen Tensor gesondert.</translation>
    </message>
    <message>
        <source>Your choice: %1.</source>
        <translation>Ihre Wahl: %1.</translation>
    </message>
    <message>
        <source>Your choice.</source>
        <translation>Ihre Wahl.</translation>
    </message>
    <message>
        <source>Set by the recipe’s option for the output matrix.</source>
        <translation>Durch die Option des Rezepts für die Ausgabematrix gesetzt.</translation>
    </message>
    <message>
        <source>Set by the recipe’s option for the token embedding.</source>
        <translation>Durch die Option des Rezepts für die Token-Einbettung gesetzt.</translation>
    </message>
    <message>
        <source>The wanted format does not fit the row length, so a fitting one is taken.</source>
        <translation>Das gewünschte Format passt nicht zur Zeilenlänge; darum wird ein passendes genommen.</translation>
    </message>
    <message>
        <source>Kept as in the file.</source>
        <translation>Bleibt wie in der Datei.</translation>
    </message>
    <message>
        <source>Keep the tensor as it is in the file.</source>
        <translation>Den Tensor lassen, wie er in der Datei ist.</translation>
    </message>
    <message>
        <source>%1 everywhere</source>
        <translation>überall %1</translation>
    </message>
    <message>
        <source>%1, %2</source>
        <comment>recipe summary: preset, rules</comment>
        <translation>%1, %2</translation>
    </message>
    <message numerus="yes">
        <source>%n rule(s)</source>
        <translation>
            <numerusform>%n Regel</numerusform>
            <numerusform>%n Regeln</numerusform>
        </translation>
    </message>
    <message>
        <source>names with “%1”</source>
        <translation>Namen mit „%1“</translation>
    </message>
    <message>
        <source>all of %1</source>
        <translation>alle von %1</translation>
    </message>
    <message>
        <source>as is – %1</source>
        <translation>wie es ist – %1</translation>
    </message>
    <message>
        <source>%1 – %2	%3</source>
        <comment>format, what it is good for, bits per weight</comment>
        <translation>%1 – %2	%3</translation>
    </message>
    <message>
        <source>%1, needs importance</source>
        <comment>bits per weight</comment>
        <translation>%1, braucht Wichtigkeit</translation>
    </message>
    <message numerus="yes">
        <source>%n tensor(s) without values are quantized without importance: %1.</source>
        <translation>
            <numerusform>%n Tensor ohne Werte wird ohne Wichtigkeit quantisiert: %1.</numerusform>
            <numerusform>%n Tensoren ohne Werte werden ohne Wichtigkeit quantisiert: %1.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n tensor(s) have another shape than the matrix says and are quantized without importance: %1.</source>
        <translation>
            <numerusform>%n Tensor hat eine andere Form, als die Matrix sagt, und wird ohne Wichtigkeit quantisiert: %1.</numerusform>
            <numerusform>%n Tensoren haben eine andere Form, als die Matrix sagt, und werden ohne Wichtigkeit quantisiert: %1.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n tensor(s) have experts that no token reached; their columns count alike: %1.</source>
        <translation>
            <numerusform>%n Tensor hat Experten, die kein Token erreichte; deren Spalten zählen gleich viel: %1.</numerusform>
            <numerusform>%n Tensoren haben Experten, die kein Token erreichte; deren Spalten zählen gleich viel: %1.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n entry(s) belong to no tensor of this model and are left out.</source>
        <translation>
            <numerusform>%n Eintrag gehört zu keinem Tensor dieses Modells und bleibt weg.</numerusform>
            <numerusform>%n Einträge gehören zu keinem Tensor dieses Modells und bleiben weg.</numerusform>
        </translation>
    </message>
    <message>
        <source>Needs importance: use Calibrate, or load a matrix with File ▸ Importance Matrix.</source>
        <translation>Braucht Wichtigkeit: „Kalibrieren“ verwenden oder eine Matrix mit Datei ▸ Wichtigkeitsmatrix laden.</translation>
    </message>
    <message>
        <source>For analysis: GGUF cannot hold this format, so its values are stored in the chosen one.</source>
        <translation>Zur Analyse: GGUF kann dieses Format nicht speichern, daher werden seine Werte im gewählten abgelegt.</translation>
    </message>
    <message>
        <source>Needs to know which columns matter: use Calibrate first.</source>
        <translation>Muss wissen, welche Spalten zählen: zuerst „Kalibrieren“ verwenden.</translation>
    </message>
    <message>
        <source>no preset</source>
        <translation>keine Vorlage</translation>
    </message>
    <message>
        <source>Needs calibration with Gram matrices: use Calibrate and choose “also for GPTQ”.</source>
        <translation>Braucht eine Kalibrierung mit Gram-Matrizen: „Kalibrieren“ benutzen und „auch für GPTQ“ wählen.</translation>
    </message>
    <message>
        <source>Needs statistics of the inputs: use Calibrate and choose “also for GPTQ”.</source>
        <translation>Braucht Statistiken der Eingaben: „Kalibrieren“ benutzen und „auch für GPTQ“ wählen.</translation>
    </message>
    <message>
        <source>Chosen when the file was fitted to a size, or by a rule: %1.</source>
        <translation>Gewählt, als die Datei an eine Größe angepasst wurde, oder durch eine Regel: %1.</translation>
    </message>
    <message>
        <source>Rotation, seed %1</source>
        <translation>Drehung, Startwert %1</translation>
    </message>
    <message>
        <source>SmoothQuant, strength %1</source>
        <translation>SmoothQuant, Stärke %1</translation>
    </message>
    <message>
        <source>AWQ for %1, strength %2</source>
        <translation>AWQ für %1, Stärke %2</translation>
    </message>
    <message>
        <source>AWQ for %1</source>
        <translation>AWQ für %1</translation>
    </message>
    <message>
        <source>SmoothQuant, best strength for each input</source>
        <translation>SmoothQuant, beste Stärke für jede Eingabe</translation>
    </message>
    <message>
        <source>%1, %2</source>
        <comment>format, method</comment>
        <translation>%1, %2</translation>
    </message>
    <message>
        <source>3 bits with zero-point, groups of 128</source>
        <translation>3 Bit mit Nullpunkt, Gruppen zu 128</translation>
    </message>
    <message>
        <source>4 bits with zero-point, groups of 128</source>
        <translation>4 Bit mit Nullpunkt, Gruppen zu 128</translation>
    </message>
</context>
<context>
    <name>Core</name>
    <message>
        <source>GPTQ</source>
        <translation>GPTQ</translation>
    </message>
    <message>
        <source>Fit scales and offsets together in the end, and start from llama.cpp&apos;s search as well; off: offsets alone, as published.</source>
        <translation>Am Ende Skalen und Versätze gemeinsam anpassen und auch von der Suche von llama.cpp ausgehen; aus: nur die Versätze, wie veröffentlicht.</translation>
    </message>
    <message>
        <source>Fit the scales too</source>
        <translation>Auch die Skalen anpassen</translation>
    </message>
    <message>
        <source>HQQ as published: codes of 1 to 8 bits, a scale and an offset of 16 bits for each group of any size.</source>
        <translation>HQQ wie veröffentlicht: Codes mit 1 bis 8 Bit, eine Skala und ein Versatz mit 16 Bit für jede Gruppe beliebiger Größe.</translation>
    </message>
    <message>
        <source>HQQ, any bits and groups</source>
        <translation>HQQ, beliebige Bits und Gruppen</translation>
    </message>
    <message>
        <source>HQQ</source>
        <translation>HQQ</translation>
    </message>
    <message>
        <source>Fits offsets and scales so that most errors are small and a few may be large. Needs no data; importance is used when there is any. Formats without offsets get robust scales.</source>
        <translation>Passt Versätze und Skalen so an, dass die meisten Fehler klein sind und einige groß sein dürfen. Braucht keine Daten; Wichtigkeit wird genutzt, wenn es sie gibt. Formate ohne Versatz bekommen robuste Skalen.</translation>
    </message>
    <message>
        <source>Scaling channels</source>
        <translation>Kanäle werden skaliert</translation>
    </message>
    <message>
        <source>Weightwright search</source>
        <translation>Suche von Weightwright</translation>
    </message>
    <message>
        <source>Chooses better scales and codes than llama.cpp&apos;s search for the same format: the squared error of a block, weighted with importance when there is any, is never larger and mostly smaller.</source>
        <translation>Wählt bessere Skalen und Codes für dasselbe Format als die Suche von llama.cpp: der quadratische Fehler eines Blocks, mit der Wichtigkeit gewichtet, wenn es eine gibt, ist nie größer und meist kleiner.</translation>
    </message>
    <message>
        <source>Uniform, symmetric</source>
        <translation>Gleichmäßig, symmetrisch</translation>
    </message>
    <message>
        <source>Equal steps around zero, the largest magnitude of a group on the last step; bits, group size and clipping as you like.</source>
        <translation>Gleiche Stufen um die Null, der größte Betrag einer Gruppe auf der letzten Stufe; Bits, Gruppengröße und Beschneiden nach Wunsch.</translation>
    </message>
    <message>
        <source>Uniform with zero-point</source>
        <translation>Gleichmäßig mit Nullpunkt</translation>
    </message>
    <message>
        <source>Equal steps between the smallest and the largest value of a group, with a whole zero-point so that zero stays exact.</source>
        <translation>Gleiche Stufen zwischen dem kleinsten und dem größten Wert einer Gruppe, mit ganzzahligem Nullpunkt, damit die Null exakt bleibt.</translation>
    </message>
    <message>
        <source>INT8 per row</source>
        <translation>INT8 je Zeile</translation>
    </message>
    <message>
        <source>Whole numbers from -127 to 127 with one scale per row, as engines for 8-bit weights and activations store them.</source>
        <translation>Ganze Zahlen von -127 bis 127 mit einer Skala je Zeile, wie Programme für 8-Bit-Gewichte und -Aktivierungen sie speichern.</translation>
    </message>
    <message>
        <source>NF4</source>
        <translation>NF4</translation>
    </message>
    <message>
        <source>The 16 levels of QLoRA, spaced like the values of a normal distribution, times the largest magnitude of 64 values.</source>
        <translation>Die 16 Stufen von QLoRA, verteilt wie die Werte einer Normalverteilung, mal dem größten Betrag von 64 Werten.</translation>
    </message>
    <message>
        <source>FP4</source>
        <translation>FP4</translation>
    </message>
    <message>
        <source>Signed 4-bit floats times the largest magnitude of 64 values, the alternative to NF4 in the same file format.</source>
        <translation>4-Bit-Gleitkommazahlen mit Vorzeichen mal dem größten Betrag von 64 Werten, die Alternative zu NF4 im selben Dateiformat.</translation>
    </message>
    <message>
        <source>FP8 E4M3</source>
        <translation>FP8 E4M3</translation>
    </message>
    <message>
        <source>8-bit floats with 4 exponent and 3 mantissa bits: steps grow with the value, by up to 6 %.</source>
        <translation>8-Bit-Gleitkommazahlen mit 4 Bits Exponent und 3 Bits Mantisse: Die Stufen wachsen mit dem Wert, um bis zu 6 %.</translation>
    </message>
    <message>
        <source>FP8 E5M2</source>
        <translation>FP8 E5M2</translation>
    </message>
    <message>
        <source>8-bit floats with 5 exponent and 2 mantissa bits: a wider range than E4M3 and coarser steps.</source>
        <translation>8-Bit-Gleitkommazahlen mit 5 Bits Exponent und 2 Bits Mantisse: ein größerer Bereich als bei E4M3 und gröbere Stufen.</translation>
    </message>
    <message>
        <source>Measuring the divergence</source>
        <translation>Abweichung wird gemessen</translation>
    </message>
    <message>
        <source>Calibrating</source>
        <translation>Kalibrieren</translation>
    </message>
    <message>
        <source>llama.cpp search, defect corrected</source>
        <translation>Suche von llama.cpp, Fehler behoben</translation>
    </message>
    <message>
        <source>As llama.cpp&apos;s search, but without its defect in IQ3_S: there, 32 zeros in a row damage the weights that follow them in their block of 256. The bytes differ from llama.cpp&apos;s only in such blocks, and every program reads them.</source>
        <translation>Wie die Suche von llama.cpp, aber ohne deren Fehler bei IQ3_S: Dort beschädigen 32 Nullen in Folge die Gewichte, die ihnen in ihrem Block von 256 folgen. Die Bytes weichen nur in solchen Blöcken von denen von llama.cpp ab, und jedes Programm liest sie.</translation>
    </message>
    <message>
        <source>llama.cpp search</source>
        <translation>Suche von llama.cpp</translation>
    </message>
    <message>
        <source>Full single precision: twice the size of F16 and no benefit for running; for further processing.</source>
        <translation>Volle einfache Genauigkeit: doppelt so groß wie F16 und beim Ausführen ohne Nutzen; zum Weiterverarbeiten.</translation>
    </message>
    <message>
        <source>The 16-bit format most models are trained in: exact for BF16 sources, a good master copy.</source>
        <translation>Das 16-Bit-Format, in dem die meisten Modelle trainiert werden: für BF16-Quellen exakt, eine gute Urfassung.</translation>
    </message>
    <message>
        <source>Half precision: practically lossless and runs everywhere; the usual starting point for quantizing.</source>
        <translation>Halbe Genauigkeit: praktisch verlustfrei und läuft überall; der übliche Ausgangspunkt zum Quantisieren.</translation>
    </message>
    <message>
        <source>Practically lossless at about half the size of F16; for when memory is no concern.</source>
        <translation>Praktisch verlustfrei bei etwa halber Größe von F16; wenn Speicher keine Sorge ist.</translation>
    </message>
    <message>
        <source>For mixture-of-experts models: experts in 4-bit MXFP4, everything else in Q8_0.</source>
        <translation>Für Expertenmischungen: Experten in 4-Bit-MXFP4, alles andere in Q8_0.</translation>
    </message>
    <message>
        <source>Very close to the original; a safe choice when it fits.</source>
        <translation>Sehr nah am Original; eine sichere Wahl, wenn der Platz reicht.</translation>
    </message>
    <message>
        <source>Older 5-bit format with an offset per block; Q5_K_M is usually better at a smaller size.</source>
        <translation>Älteres 5-Bit-Format mit Versatz je Block; Q5_K_M ist meist besser und kleiner.</translation>
    </message>
    <message>
        <source>High quality: hardly any measurable loss at about a third of the size of F16.</source>
        <translation>Hohe Güte: kaum messbarer Verlust bei etwa einem Drittel der Größe von F16.</translation>
    </message>
    <message>
        <source>High quality, a little smaller than Q5_K_M.</source>
        <translation>Hohe Güte, etwas kleiner als Q5_K_M.</translation>
    </message>
    <message>
        <source>Older 5-bit format that also fits rows of 32; Q5_K_S is usually better.</source>
        <translation>Älteres 5-Bit-Format, das auch zu Zeilen von 32 passt; Q5_K_S ist meist besser.</translation>
    </message>
    <message>
        <source>Older 4-bit format with an offset per block; Q4_K_M is usually better at a smaller size.</source>
        <translation>Älteres 4-Bit-Format mit Versatz je Block; Q4_K_M ist meist besser und kleiner.</translation>
    </message>
    <message>
        <source>The usual recommendation: good quality at less than a third of the size of F16.</source>
        <translation>Die übliche Empfehlung: gute Güte bei weniger als einem Drittel der Größe von F16.</translation>
    </message>
    <message>
        <source>A little smaller than Q4_K_M, with a little more loss.</source>
        <translation>Etwas kleiner als Q4_K_M, mit etwas mehr Verlust.</translation>
    </message>
    <message>
        <source>4-bit format with uneven steps; also fits models whose rows are not multiples of 256.</source>
        <translation>4-Bit-Format mit ungleichen Stufen; passt auch zu Modellen, deren Zeilen keine Vielfachen von 256 sind.</translation>
    </message>
    <message>
        <source>Simple 4-bit format, fastest on many processors; Q4_K_S is more accurate at the same size.</source>
        <translation>Einfaches 4-Bit-Format, auf vielen Prozessoren am schnellsten; Q4_K_S ist bei gleicher Größe genauer.</translation>
    </message>
    <message>
        <source>Smallest of the good 4-bit presets; best with an importance matrix.</source>
        <translation>Die kleinste der guten 4-Bit-Vorlagen; am besten mit Wichtigkeitsmatrix.</translation>
    </message>
    <message>
        <source>Largest of the 3-bit presets: noticeable loss, but coherent.</source>
        <translation>Die größte der 3-Bit-Vorlagen: merklicher Verlust, aber zusammenhängender Text.</translation>
    </message>
    <message>
        <source>Medium 3-bit preset for when 4 bits do not fit: noticeable loss.</source>
        <translation>Mittlere 3-Bit-Vorlage, wenn 4 Bits nicht passen: merklicher Verlust.</translation>
    </message>
    <message>
        <source>Better than Q3_K_M at a smaller size; best with an importance matrix.</source>
        <translation>Besser als Q3_K_M und kleiner; am besten mit Wichtigkeitsmatrix.</translation>
    </message>
    <message>
        <source>Smallest of the plain 3-bit presets: considerable loss.</source>
        <translation>Die kleinste der einfachen 3-Bit-Vorlagen: erheblicher Verlust.</translation>
    </message>
    <message>
        <source>3-bit codebook format throughout; best with an importance matrix.</source>
        <translation>Durchgehend 3-Bit-Codebuchformat; am besten mit Wichtigkeitsmatrix.</translation>
    </message>
    <message>
        <source>Just above 3 bits; needs an importance matrix.</source>
        <translation>Knapp über 3 Bits; braucht eine Wichtigkeitsmatrix.</translation>
    </message>
    <message>
        <source>3 bits on average with usable quality; needs an importance matrix.</source>
        <translation>Im Mittel 3 Bits bei brauchbarer Güte; braucht eine Wichtigkeitsmatrix.</translation>
    </message>
    <message>
        <source>Small, with a clear loss of quality; give it an importance matrix.</source>
        <translation>Klein, mit deutlichem Verlust an Güte; geben Sie ihr eine Wichtigkeitsmatrix.</translation>
    </message>
    <message>
        <source>Best of the 2-bit presets: for large models that would not fit otherwise; needs an importance matrix.</source>
        <translation>Die beste der 2-Bit-Vorlagen: für große Modelle, die sonst nicht passen; braucht eine Wichtigkeitsmatrix.</translation>
    </message>
    <message>
        <source>Smaller than Q2_K with more loss; needs an importance matrix.</source>
        <translation>Kleiner als Q2_K mit mehr Verlust; braucht eine Wichtigkeitsmatrix.</translation>
    </message>
    <message>
        <source>About 2.5 bits: strong loss, for large models; needs an importance matrix.</source>
        <translation>Etwa 2,5 Bits: starker Verlust, für große Modelle; braucht eine Wichtigkeitsmatrix.</translation>
    </message>
    <message>
        <source>About 2.3 bits: strong loss, for very large models; needs an importance matrix.</source>
        <translation>Etwa 2,3 Bits: starker Verlust, für sehr große Modelle; braucht eine Wichtigkeitsmatrix.</translation>
    </message>
    <message>
        <source>Plain 2-bit format for models that were trained for it; others lose their sense.</source>
        <translation>Einfaches 2-Bit-Format für Modelle, die dafür trainiert wurden; andere verlieren ihren Sinn.</translation>
    </message>
    <message>
        <source>About 2.1 bits: strong loss, for very large models; needs an importance matrix.</source>
        <translation>Etwa 2,1 Bits: starker Verlust, für sehr große Modelle; braucht eine Wichtigkeitsmatrix.</translation>
    </message>
    <message>
        <source>For models trained with ternary weights: 2 bits, fast to decode.</source>
        <translation>Für Modelle mit ternär trainierten Gewichten: 2 Bits, schnell zu entpacken.</translation>
    </message>
    <message>
        <source>About 1.8 bits: severe loss, only for giant models; needs an importance matrix.</source>
        <translation>Etwa 1,8 Bits: schwerer Verlust, nur für riesige Modelle; braucht eine Wichtigkeitsmatrix.</translation>
    </message>
    <message>
        <source>For models trained with ternary weights: the most compact form.</source>
        <translation>Für Modelle mit ternär trainierten Gewichten: die dichteste Form.</translation>
    </message>
    <message>
        <source>About 1.6 bits: the most extreme codebook preset, mostly a curiosity; needs an importance matrix.</source>
        <translation>Etwa 1,6 Bits: die äußerste Codebuchvorlage, eher eine Kuriosität; braucht eine Wichtigkeitsmatrix.</translation>
    </message>
    <message>
        <source>One bit per weight, for models that were trained for it; others lose their sense.</source>
        <translation>Ein Bit je Gewicht, für Modelle, die dafür trainiert wurden; andere verlieren ihren Sinn.</translation>
    </message>
    <message>
        <source>Full precision. For norms and other small tensors, and as a reference.</source>
        <translation>Volle Genauigkeit. Für Normen und andere kleine Tensoren und als Bezug.</translation>
    </message>
    <message>
        <source>Half precision, the usual form of a model before quantization. Almost lossless for weights below 65504.</source>
        <translation>Halbe Genauigkeit, die übliche Form eines Modells vor dem Quantisieren. Fast verlustfrei für Gewichte unter 65504.</translation>
    </message>
    <message>
        <source>Half size with the full range of F32 and fewer digits; lossless for models trained in bfloat16.</source>
        <translation>Halbe Größe mit dem vollen Bereich von F32 und weniger Stellen; verlustfrei für Modelle, die in bfloat16 trainiert wurden.</translation>
    </message>
    <message>
        <source>4 bits, one scale per 32 weights. Simple and fast everywhere; Q4_K is more accurate at the same size.</source>
        <translation>4 Bits, eine Skala je 32 Gewichte. Einfach und überall schnell; Q4_K ist bei gleicher Größe genauer.</translation>
    </message>
    <message>
        <source>4 bits with scale and offset per 32 weights. Better than Q4_0 for lopsided weights, a little larger.</source>
        <translation>4 Bits mit Skala und Versatz je 32 Gewichte. Besser als Q4_0 für schiefe Gewichte, etwas größer.</translation>
    </message>
    <message>
        <source>5 bits, one scale per 32 weights. A fallback for rows that K types cannot hold; else prefer Q5_K.</source>
        <translation>5 Bits, eine Skala je 32 Gewichte. Ersatz für Zeilen, die K-Formate nicht fassen; sonst besser Q5_K.</translation>
    </message>
    <message>
        <source>5 bits with scale and offset per 32 weights. A fallback for rows that K types cannot hold; else prefer Q5_K.</source>
        <translation>5 Bits mit Skala und Versatz je 32 Gewichte. Ersatz für Zeilen, die K-Formate nicht fassen; sonst besser Q5_K.</translation>
    </message>
    <message>
        <source>8 bits, one scale per 32 weights. Practically indistinguishable from the original at half the size of F16.</source>
        <translation>8 Bits, eine Skala je 32 Gewichte. Vom Original praktisch nicht zu unterscheiden, bei halber Größe von F16.</translation>
    </message>
    <message>
        <source>Internal form of activations during inference; never stored in files.</source>
        <translation>Innere Form der Aktivierungen beim Rechnen; steht nie in Dateien.</translation>
    </message>
    <message>
        <source>2 bits. Very small, with clearly visible loss; use it with importance, and for the least sensitive tensors.</source>
        <translation>2 Bits. Sehr klein, mit deutlichem Verlust; mit Wichtigkeit verwenden und für die unempfindlichsten Tensoren.</translation>
    </message>
    <message>
        <source>3 bits. Small, with noticeable loss; works best with importance.</source>
        <translation>3 Bits. Klein, mit merklichem Verlust; am besten mit Wichtigkeit.</translation>
    </message>
    <message>
        <source>4 bits with scale and offset per 32 weights. The usual balance of size and quality.</source>
        <translation>4 Bits mit Skala und Versatz je 32 Gewichte. Der übliche Ausgleich von Größe und Güte.</translation>
    </message>
    <message>
        <source>5 bits with scale and offset per 32 weights. Close to the original; for when a few more bytes are fine.</source>
        <translation>5 Bits mit Skala und Versatz je 32 Gewichte. Nah am Original; wenn ein paar Bytes mehr nicht stören.</translation>
    </message>
    <message>
        <source>6 bits. Very close to the original; often used for the output and other sensitive tensors.</source>
        <translation>6 Bits. Sehr nah am Original; oft für die Ausgabe und andere empfindliche Tensoren.</translation>
    </message>
    <message>
        <source>About 2 bits by a codebook. Among the smallest; needs importance, slow to make.</source>
        <translation>Etwa 2 Bits mit Codebuch. Unter den kleinsten; braucht Wichtigkeit, langsam zu erzeugen.</translation>
    </message>
    <message>
        <source>2.3 bits by a codebook. Better than IQ2_XXS; needs importance, slow to make.</source>
        <translation>2,3 Bits mit Codebuch. Besser als IQ2_XXS; braucht Wichtigkeit, langsam zu erzeugen.</translation>
    </message>
    <message>
        <source>2.6 bits by a codebook with free signs. The most accurate of the 2-bit types.</source>
        <translation>2,6 Bits mit Codebuch und freien Vorzeichen. Das genaueste der 2-Bit-Formate.</translation>
    </message>
    <message>
        <source>3.1 bits by a codebook. More accurate than Q3_K at a smaller size; slow to make.</source>
        <translation>3,1 Bits mit Codebuch. Genauer als Q3_K und kleiner; langsam zu erzeugen.</translation>
    </message>
    <message>
        <source>3.4 bits by a codebook with free signs. More accurate than Q3_K at the same size; slow to make.</source>
        <translation>3,4 Bits mit Codebuch und freien Vorzeichen. Genauer als Q3_K bei gleicher Größe; langsam zu erzeugen.</translation>
    </message>
    <message>
        <source>1.6 bits by a codebook. For very large models that fit no other way; needs importance.</source>
        <translation>1,6 Bits mit Codebuch. Für sehr große Modelle, die anders nicht passen; braucht Wichtigkeit.</translation>
    </message>
    <message>
        <source>1.75 bits by a codebook with finer scales. Somewhat better than IQ1_S; use it with importance.</source>
        <translation>1,75 Bits mit Codebuch und feineren Skalen. Etwas besser als IQ1_S; mit Wichtigkeit verwenden.</translation>
    </message>
    <message>
        <source>4 bits on an uneven grid, one scale per 32 weights. More accurate than Q4_0 at the same size.</source>
        <translation>4 Bits auf ungleichem Raster, eine Skala je 32 Gewichte. Genauer als Q4_0 bei gleicher Größe.</translation>
    </message>
    <message>
        <source>4.25 bits on an uneven grid. Close to Q4_K and smaller.</source>
        <translation>4,25 Bits auf ungleichem Raster. Nah an Q4_K und kleiner.</translation>
    </message>
    <message>
        <source>Three levels in 1.7 bits. Lossless for models trained with ternary weights, unsuitable for others.</source>
        <translation>Drei Stufen in 1,7 Bits. Verlustfrei für ternär trainierte Modelle, für andere ungeeignet.</translation>
    </message>
    <message>
        <source>Three levels in 2.1 bits, faster than TQ1_0. Only for models trained with ternary weights.</source>
        <translation>Drei Stufen in 2,1 Bits, schneller als TQ1_0. Nur für ternär trainierte Modelle.</translation>
    </message>
    <message>
        <source>4-bit floats with a power-of-two scale per 32 weights, the form some models are published in.</source>
        <translation>4-Bit-Gleitkommazahlen mit einer Zweierpotenz als Skala je 32 Gewichte; so werden manche Modelle veröffentlicht.</translation>
    </message>
    <message>
        <source>4-bit floats with an 8-bit float scale per 16 weights, for recent graphics processors.</source>
        <translation>4-Bit-Gleitkommazahlen mit einer 8-Bit-Skala je 16 Gewichte, für neuere Grafikprozessoren.</translation>
    </message>
    <message>
        <source>The sign of each weight and one scale per 128. Only for models trained with binary weights.</source>
        <translation>Das Vorzeichen jedes Gewichts und eine Skala je 128. Nur für binär trainierte Modelle.</translation>
    </message>
    <message>
        <source>Two bits, one scale per 64 weights, no search. For models trained with ternary weights.</source>
        <translation>Zwei Bits, eine Skala je 64 Gewichte, ohne Suche. Für ternär trainierte Modelle.</translation>
    </message>
    <message>
        <source>Integers. Tables of a model, kept as they are.</source>
        <translation>Ganze Zahlen. Tabellen eines Modells, die bleiben, wie sie sind.</translation>
    </message>
    <message>
        <source>Double precision. Kept as it is.</source>
        <translation>Doppelte Genauigkeit. Bleibt, wie sie ist.</translation>
    </message>
    <message>
        <source>Chooses scales and codes exactly as llama.cpp&apos;s own quantizer does: the same bytes, faster. Uses importance when there is any.</source>
        <translation>Wählt Skalen und Codes genau wie der Quantisierer von llama.cpp: dieselben Bytes, schneller. Nutzt Wichtigkeit, wenn es welche gibt.</translation>
    </message>
    <message>
        <source>Measuring perplexity</source>
        <translation>Perplexität messen</translation>
    </message>
    <message>
        <source>Comparing with the method</source>
        <translation>Mit dem Verfahren vergleichen</translation>
    </message>
    <message>
        <source>Exporting</source>
        <translation>Exportieren</translation>
    </message>
    <message>
        <source>Quantizing</source>
        <translation>Quantisieren</translation>
    </message>
    <message>
        <source>Comparing</source>
        <translation>Vergleichen</translation>
    </message>
    <message>
        <source>Comparing formats</source>
        <translation>Formate vergleichen</translation>
    </message>
    <message>
        <source>Trying swaps</source>
        <translation>Tausche erproben</translation>
    </message>
    <message>
        <source>Generating text</source>
        <translation>Text fortsetzen</translation>
    </message>
    <message>
        <source>Comparing weights</source>
        <translation>Gewichte vergleichen</translation>
    </message>
    <message>
        <source>Reading the text</source>
        <translation>Text lesen</translation>
    </message>
    <message>
        <source>Passes</source>
        <translation>Durchgänge</translation>
    </message>
    <message>
        <source>How often codes, scales and factors are improved by turns; fewer is faster.</source>
        <translation>Wie oft Codes, Skalen und Faktoren abwechselnd verbessert werden; weniger ist schneller.</translation>
    </message>
    <message>
        <source>Bits</source>
        <translation>Bits</translation>
    </message>
    <message>
        <source>Bits of a code.</source>
        <translation>Bits eines Codes.</translation>
    </message>
    <message>
        <source>Group size</source>
        <translation>Gruppengröße</translation>
    </message>
    <message>
        <source>Values that share a scale; 0: the whole row.</source>
        <translation>Werte, die sich eine Skala teilen; 0: die ganze Zeile.</translation>
    </message>
    <message>
        <source>Clipping</source>
        <translation>Abschneiden</translation>
    </message>
    <message>
        <source>Percentile</source>
        <translation>Perzentil</translation>
    </message>
    <message>
        <source>Block size</source>
        <translation>Blockgröße</translation>
    </message>
    <message>
        <source>Values that share a scale. Blocks run through the matrix row by row; the last may be shorter.</source>
        <translation>Werte mit gemeinsamer Skala. Die Blöcke laufen Zeile für Zeile durch die Matrix; der letzte kann kürzer sein.</translation>
    </message>
    <message>
        <source>Double quantization</source>
        <translation>Doppelte Quantisierung</translation>
    </message>
    <message>
        <source>The scales are stored with 8 bits, less their mean over the matrix, in blocks of 256 with a scale of their own.</source>
        <translation>Die Skalen werden mit 8 Bit gespeichert, vermindert um ihren Mittelwert über die Matrix, in Blöcken von 256 mit eigener Skala.</translation>
    </message>
    <message>
        <source>Power of two</source>
        <translation>Zweierpotenz</translation>
    </message>
    <message>
        <source>Scales are powers of two, so that F16 can hold the result without loss.</source>
        <translation>Skalen sind Zweierpotenzen, sodass F16 das Ergebnis ohne Verlust hält.</translation>
    </message>
    <message>
        <source>Weighing formats</source>
        <translation>Formate werden abgewogen</translation>
    </message>
    <message>
        <source>Damping</source>
        <translation>Dämpfung</translation>
    </message>
    <message>
        <source>Share of the mean of the diagonal that is added to it. 0 chooses 0.1, or 0.02 from eight calibration tokens per column on.</source>
        <translation>Anteil des Mittels der Diagonale, der zu ihr addiert wird. 0 wählt 0,1, oder 0,02 ab acht Kalibrierungs-Tokens je Spalte.</translation>
    </message>
    <message>
        <source>Important columns first</source>
        <translation>Wichtige Spalten zuerst</translation>
    </message>
    <message>
        <source>Round the columns with the largest inputs first, while all the others can still make up for their errors.</source>
        <translation>Die Spalten mit den größten Eingaben zuerst runden, solange alle anderen ihre Fehler noch ausgleichen können.</translation>
    </message>
    <message>
        <source>Descent passes</source>
        <translation>Abstiegsdurchgänge</translation>
    </message>
    <message>
        <source>Sweeps over all codes afterwards; each change lowers the error of the output.</source>
        <translation>Durchgänge über alle Codes danach; jede Änderung senkt den Fehler der Ausgabe.</translation>
    </message>
    <message>
        <source>Fit scales</source>
        <translation>Skalen anpassen</translation>
    </message>
    <message>
        <source>Let the sweeps also fit scales and offsets, for the output instead of for the weights.</source>
        <translation>Die Durchgänge passen auch Skalen und Versätze an, für die Ausgabe statt für die Gewichte.</translation>
    </message>
    <message>
        <source>Exponent</source>
        <translation>Exponent</translation>
    </message>
    <message>
        <source>Of the error that is minimised; the smaller, the less a few large errors count.</source>
        <translation>Des minimierten Fehlers; je kleiner, desto weniger zählen wenige große Fehler.</translation>
    </message>
    <message>
        <source>Beta</source>
        <translation>Beta</translation>
    </message>
    <message>
        <source>Weight of the quadratic term in the first iteration.</source>
        <translation>Gewicht des quadratischen Terms im ersten Durchlauf.</translation>
    </message>
    <message>
        <source>Kappa</source>
        <translation>Kappa</translation>
    </message>
    <message>
        <source>Growth of that weight per iteration.</source>
        <translation>Wachstum dieses Gewichts je Durchlauf.</translation>
    </message>
    <message>
        <source>Iterations</source>
        <translation>Durchläufe</translation>
    </message>
    <message>
        <source>At most; they end when the offset stands still.</source>
        <translation>Höchstens; sie enden, wenn der Nullpunkt stillsteht.</translation>
    </message>
    <message>
        <source>Units of errors</source>
        <translation>Einheit der Fehler</translation>
    </message>
    <message>
        <source>In steps of the group, or absolute as in the published code.</source>
        <translation>In Stufen der Gruppe, oder absolut wie im veröffentlichten Code.</translation>
    </message>
    <message>
        <source>W8A8, dynamic</source>
        <translation>W8A8, dynamisch</translation>
    </message>
    <message>
        <source>8-bit weights with one scale per row, and inputs of each layer rounded to 8 bits with a scale from the values at hand, as integer engines compute.</source>
        <translation>8-Bit-Gewichte mit einer Skala je Zeile; die Eingaben jeder Schicht werden auf 8 Bit gerundet, mit einer Skala aus den gerade vorliegenden Werten, wie ganzzahlige Programme rechnen.</translation>
    </message>
    <message>
        <source>W8A8, static</source>
        <translation>W8A8, statisch</translation>
    </message>
    <message>
        <source>8-bit weights with one scale per row, and inputs of each layer rounded to 8 bits with one scale that a calibration text fixed. Outliers make it coarse; scaling channels before (SmoothQuant) helps.</source>
        <translation>8-Bit-Gewichte mit einer Skala je Zeile; die Eingaben jeder Schicht werden auf 8 Bit gerundet, mit einer Skala, die ein Kalibrierungstext festgelegt hat. Ausreißer machen sie grob; Kanäle vorher zu skalieren (SmoothQuant) hilft.</translation>
    </message>
    <message>
        <source>LLM.int8()</source>
        <translation>LLM.int8()</translation>
    </message>
    <message>
        <source>8-bit weights per row and 8-bit inputs per token, but columns of inputs with outliers are multiplied as floats. Q8_0 is at least as accurate and needs no such exception.</source>
        <translation>8-Bit-Gewichte je Zeile und 8-Bit-Eingaben je Token, aber Spalten von Eingaben mit Ausreißern werden als Gleitkommazahlen multipliziert. Q8_0 ist mindestens so genau und braucht diese Ausnahme nicht.</translation>
    </message>
    <message>
        <source>Atom (W4A4)</source>
        <translation>Atom (W4A4)</translation>
    </message>
    <message>
        <source>4-bit weights and 4-bit inputs in groups of 128 columns sorted by the size of their inputs; the largest columns have 8 bits. GPTQ chooses the weights, and keys and values are cached with 4 bits.</source>
        <translation>4-Bit-Gewichte und 4-Bit-Eingaben in Gruppen von 128 Spalten, nach der Größe ihrer Eingaben sortiert; die größten Spalten haben 8 Bit. GPTQ wählt die Gewichte, und Schlüssel und Werte werden mit 4 Bit zwischengespeichert.</translation>
    </message>
    <message>
        <source>Scale of the inputs</source>
        <translation>Skala der Eingaben</translation>
    </message>
    <message>
        <source>Bits of the inputs</source>
        <translation>Bits der Eingaben</translation>
    </message>
    <message>
        <source>Bits of a rounded input; 16 leaves the inputs as they are.</source>
        <translation>Bits einer gerundeten Eingabe; 16 lässt die Eingaben, wie sie sind.</translation>
    </message>
    <message>
        <source>Bits of the weights</source>
        <translation>Bits der Gewichte</translation>
    </message>
    <message>
        <source>Bits of a weight; each row has one scale.</source>
        <translation>Bits eines Gewichts; jede Zeile hat eine Skala.</translation>
    </message>
    <message>
        <source>Range of the inputs</source>
        <translation>Bereich der Eingaben</translation>
    </message>
    <message>
        <source>What the calibration text fixes as the largest input: the largest magnitude, or one that a share of the values does not exceed.</source>
        <translation>Was der Kalibrierungstext als größte Eingabe festlegt: den größten Betrag oder einen, den ein Anteil der Werte nicht überschreitet.</translation>
    </message>
    <message>
        <source>Threshold</source>
        <translation>Schwelle</translation>
    </message>
    <message>
        <source>Columns with an input of at least this magnitude in the window are multiplied as floats; 0: all columns.</source>
        <translation>Spalten mit einer Eingabe von mindestens diesem Betrag im Fenster werden als Gleitkommazahlen multipliziert; 0: alle Spalten.</translation>
    </message>
    <message>
        <source>Unit of the threshold</source>
        <translation>Einheit der Schwelle</translation>
    </message>
    <message>
        <source>Weights of outliers</source>
        <translation>Gewichte der Ausreißer</translation>
    </message>
    <message>
        <source>Columns with 8 bits</source>
        <translation>Spalten mit 8 Bit</translation>
    </message>
    <message>
        <source>So many columns, those with the largest inputs, have 8 bits.</source>
        <translation>So viele Spalten, die mit den größten Eingaben, haben 8 Bit.</translation>
    </message>
    <message>
        <source>Columns that share a scale, after sorting.</source>
        <translation>Spalten, die nach dem Sortieren eine Skala teilen.</translation>
    </message>
    <message>
        <source>Bits of a weight of the other columns.</source>
        <translation>Bits eines Gewichts der übrigen Spalten.</translation>
    </message>
    <message>
        <source>Bits of an input of the other columns; 16 leaves all inputs as they are.</source>
        <translation>Bits einer Eingabe der übrigen Spalten; 16 lässt alle Eingaben, wie sie sind.</translation>
    </message>
    <message>
        <source>Sorted by</source>
        <translation>Sortiert nach</translation>
    </message>
    <message>
        <source>Columns are sorted by the mean square of their inputs or by the largest magnitude.</source>
        <translation>Spalten werden nach dem mittleren Quadrat ihrer Eingaben sortiert oder nach dem größten Betrag.</translation>
    </message>
    <message>
        <source>Clipping of the weights</source>
        <translation>Begrenzung der Gewichte</translation>
    </message>
    <message>
        <source>Share of the largest magnitude of a group that stays in range.</source>
        <translation>Anteil des größten Betrags einer Gruppe, der im Bereich bleibt.</translation>
    </message>
    <message>
        <source>Clipping of the inputs</source>
        <translation>Begrenzung der Eingaben</translation>
    </message>
    <message>
        <source>The same for inputs.</source>
        <translation>Dasselbe für Eingaben.</translation>
    </message>
    <message>
        <source>Codes</source>
        <translation>Codes</translation>
    </message>
    <message>
        <source>GPTQ lets columns make up for the errors of those before them, the ones with 8 bits last; it needs Gram matrices.</source>
        <translation>GPTQ lässt Spalten die Fehler der vorigen ausgleichen, die mit 8 Bit zuletzt; es braucht Gram-Matrizen.</translation>
    </message>
    <message>
        <source>The nearest values, or GPTQ, which lets columns make up for the errors of those before them and needs a calibration with Gram matrices.</source>
        <translation>Die nächsten Werte oder GPTQ, das Spalten die Fehler der vorigen ausgleichen lässt und eine Kalibrierung mit Gram-Matrizen braucht.</translation>
    </message>
    <message>
        <source>nearest values</source>
        <translation>nächste Werte</translation>
    </message>
    <message>
        <source>Of GPTQ: share of the mean of the diagonal that is added to it.</source>
        <translation>Bei GPTQ: Anteil des Mittelwerts der Diagonale, der zu ihr addiert wird.</translation>
    </message>
    <message>
        <source>Bits of keys and values</source>
        <translation>Bits der Schlüssel und Werte</translation>
    </message>
    <message>
        <source>Bits of a number in the cache of keys and values, with a range for each head and token; 16 leaves them as they are.</source>
        <translation>Bits einer Zahl im Zwischenspeicher der Schlüssel und Werte, mit einem Bereich je Kopf und Token; 16 lässt sie, wie sie sind.</translation>
    </message>
    <message>
        <source>Chooses codes so that the output of the layer on calibration text changes least: each column makes up for the errors of those before it, and in IQ2 and IQ3 eight columns at a time for those of all others. Rows that do not gain keep llama.cpp&apos;s codes.</source>
        <translation>Wählt Codes so, dass sich die Ausgabe der Schicht auf dem Kalibrierungstext am wenigsten ändert: Jede Spalte gleicht die Fehler derer vor ihr aus, in IQ2 und IQ3 je acht Spalten die aller anderen. Zeilen, die dabei nicht gewinnen, behalten die Codes von llama.cpp.</translation>
    </message>
    <message>
        <source>Shared scale</source>
        <translation>Gemeinsame Skala</translation>
    </message>
    <message>
        <source>Which values share a scale.</source>
        <translation>Welche Werte sich eine Skala teilen.</translation>
    </message>
    <message>
        <source>Which values share a scale. The clipping of a whole matrix is found on a million of its values at most.</source>
        <translation>Welche Werte sich eine Skala teilen. Der Bereich einer ganzen Matrix wird an höchstens einer Million ihrer Werte gesucht.</translation>
    </message>
    <message>
        <source>Which range the steps cover: that of all values, the one with the least squared error, one that leaves out the largest values, or the one with the least error of the layer&apos;s output. The last needs a calibration, leaves queries and keys alone, and is the least squared error for a whole matrix.</source>
        <translation>Welchen Bereich die Stufen abdecken: den aller Werte, den mit dem kleinsten quadratischen Fehler, einen ohne die größten Werte oder den mit dem kleinsten Fehler der Ausgabe der Schicht. Der letzte braucht eine Kalibrierung, lässt Anfragen und Schlüssel, wie sie sind, und ist für eine ganze Matrix der mit dem kleinsten quadratischen Fehler.</translation>
    </message>
    <message>
        <source>Share of the values inside the range if the largest are left out, in percent.</source>
        <translation>Anteil der Werte im Bereich, wenn die größten weggelassen werden, in Prozent.</translation>
    </message>
    <message>
        <source>Which values share a scale. Without one they are rounded as they are, so that small ones are lost.</source>
        <translation>Welche Werte sich eine Skala teilen. Ohne Skala werden sie gerundet, wie sie sind, sodass kleine verloren gehen.</translation>
    </message>
    <message>
        <source>Columns of a block, or rows and columns of a tile, if these share a scale.</source>
        <translation>Spalten eines Blocks oder Zeilen und Spalten einer Kachel, wenn diese sich eine Skala teilen.</translation>
    </message>
    <message>
        <source>Inputs of the layer</source>
        <translation>Eingaben der Schicht</translation>
    </message>
    <message>
        <source>Inputs can become 8-bit floats, too. A scale per token or block is that of the largest magnitude at hand.</source>
        <translation>Auch die Eingaben können 8-Bit-Gleitkommazahlen werden. Eine Skala je Token oder Block richtet sich nach dem gerade größten Betrag.</translation>
    </message>
    <message>
        <source>Which inputs share a scale.</source>
        <translation>Welche Eingaben sich eine Skala teilen.</translation>
    </message>
    <message>
        <source>Inputs of a group, if groups share a scale.</source>
        <translation>Eingaben einer Gruppe, wenn Gruppen sich eine Skala teilen.</translation>
    </message>
    <message>
        <source>Multiples of the root mean square are for models whose inputs are not of size 1.</source>
        <translation>Vielfache des quadratischen Mittels sind für Modelle, deren Eingaben nicht von der Größe 1 sind.</translation>
    </message>
    <message>
        <source>What columns with outliers are multiplied with: the weights of the source, as in the paper, or the 8-bit weights, as bitsandbytes stores them.</source>
        <translation>Womit Spalten mit Ausreißern multipliziert werden: mit den Gewichten der Quelle wie in der Veröffentlichung, oder mit den 8-Bit-Gewichten, wie bitsandbytes sie speichert.</translation>
    </message>
    <message>
        <source>all values</source>
        <translation>alle Werte</translation>
    </message>
    <message>
        <source>least squared error</source>
        <translation>kleinster quadratischer Fehler</translation>
    </message>
    <message>
        <source>without the largest values</source>
        <translation>ohne die größten Werte</translation>
    </message>
    <message>
        <source>least error of the output</source>
        <translation>kleinster Fehler der Ausgabe</translation>
    </message>
    <message>
        <source>a group</source>
        <translation>eine Gruppe</translation>
    </message>
    <message>
        <source>the whole matrix</source>
        <translation>die ganze Matrix</translation>
    </message>
    <message>
        <source>a row</source>
        <translation>eine Zeile</translation>
    </message>
    <message>
        <source>a block of a row</source>
        <translation>ein Block einer Zeile</translation>
    </message>
    <message>
        <source>a tile of rows and columns</source>
        <translation>eine Kachel aus Zeilen und Spalten</translation>
    </message>
    <message>
        <source>no scale</source>
        <translation>keine Skala</translation>
    </message>
    <message>
        <source>as they are</source>
        <translation>wie sie sind</translation>
    </message>
    <message>
        <source>8 bits, a scale per token</source>
        <translation>8 Bits, eine Skala je Token</translation>
    </message>
    <message>
        <source>8 bits, a scale per block of a token</source>
        <translation>8 Bits, eine Skala je Block eines Tokens</translation>
    </message>
    <message>
        <source>8 bits, one scale from a calibration</source>
        <translation>8 Bits, eine Skala aus einer Kalibrierung</translation>
    </message>
    <message>
        <source>a token</source>
        <translation>ein Token</translation>
    </message>
    <message>
        <source>all tokens of a window</source>
        <translation>alle Token eines Fensters</translation>
    </message>
    <message>
        <source>a group within a token</source>
        <translation>eine Gruppe innerhalb eines Tokens</translation>
    </message>
    <message>
        <source>largest magnitude</source>
        <translation>größter Betrag</translation>
    </message>
    <message>
        <source>those of the source</source>
        <translation>die der Quelle</translation>
    </message>
    <message>
        <source>8-bit</source>
        <translation>8-Bit-Gewichte</translation>
    </message>
    <message>
        <source>absolute</source>
        <translation>absolut</translation>
    </message>
    <message>
        <source>root mean squares of the inputs</source>
        <translation>quadratisches Mittel der Eingaben</translation>
    </message>
    <message>
        <source>mean square</source>
        <translation>mittleres Quadrat</translation>
    </message>
    <message>
        <source>steps of the group</source>
        <translation>Stufen der Gruppe</translation>
    </message>
    <message>
        <source>absolute, as published</source>
        <translation>absolut wie veröffentlicht</translation>
    </message>
    <message>
        <source>AWQ clipping</source>
        <translation>AWQ-Begrenzung</translation>
    </message>
    <message>
        <source>llama.cpp&apos;s search within ranges that shrink, group by group, where the output of the layer on calibration text becomes more exact. Queries and keys keep their ranges, and rows that do not gain keep llama.cpp&apos;s codes. Meant to follow the step awq.</source>
        <translation>Die Suche von llama.cpp in Bereichen, die Gruppe für Gruppe enger werden, wo die Ausgabe der Schicht auf dem Kalibrierungstext dadurch genauer wird. Anfragen und Schlüssel behalten ihre Bereiche, und Zeilen, die dabei nicht gewinnen, behalten die Codes von llama.cpp. Gedacht als Fortsetzung des Schritts awq.</translation>
    </message>
    <message>
        <source>Rows of %1 are not a multiple of %2, so %3 is written instead of %4: +%5.</source>
        <translation>Zeilen von %1 Werten sind kein Vielfaches von %2, darum wird %3 statt %4 geschrieben: +%5.</translation>
    </message>
    <message>
        <source>The source is already quantized as %1; quantizing again adds to its error.</source>
        <translation>Die Quelle ist schon als %1 quantisiert; nochmals zu quantisieren vergrößert ihren Fehler.</translation>
    </message>
    <message>
        <source>%1 needs an importance matrix here and none is given; without it this recipe cannot be exported.</source>
        <translation>%1 braucht hier eine Wichtigkeitsmatrix, und es gibt keine; ohne sie lässt sich dieses Rezept nicht exportieren.</translation>
    </message>
    <message>
        <source>%1 needs an importance matrix here and the one given has no entry for this tensor; without it this recipe cannot be exported.</source>
        <translation>%1 braucht hier eine Wichtigkeitsmatrix, und die vorhandene hat keinen Eintrag für diesen Tensor; ohne ihn lässt sich dieses Rezept nicht exportieren.</translation>
    </message>
    <message>
        <source>The importance matrix says that all inputs of this tensor were zero; llama.cpp&apos;s search stores zeros then. Use another method or a longer text.</source>
        <translation>Der Wichtigkeitsmatrix nach waren alle Eingaben dieses Tensors null; die Suche von llama.cpp speichert dann Nullen. Nehmen Sie ein anderes Verfahren oder einen längeren Text.</translation>
    </message>
    <message>
        <source>The method &quot;%1&quot; needs a calibration of this model, and there is none; give a calibration text or choose another method.</source>
        <translation>Das Verfahren „%1“ braucht eine Kalibrierung dieses Modells, und es gibt keine; kalibrieren Sie das Modell, oder wählen Sie ein anderes Verfahren.</translation>
    </message>
    <message>
        <source>The method &quot;%1&quot; needs a calibration of this model with Gram matrices, and there is none; give a calibration text or choose another method.</source>
        <translation>Das Verfahren „%1“ braucht eine Kalibrierung dieses Modells mit Gram-Matrizen, und es gibt keine; kalibrieren Sie das Modell, oder wählen Sie ein anderes Verfahren.</translation>
    </message>
    <message>
        <source>The calibration text did not reach all of this tensor; there, inputs are rounded token by token.</source>
        <translation>Der Kalibriertext hat diesen Tensor nicht überall erreicht; dort werden die Eingaben Token für Token gerundet.</translation>
    </message>
    <message numerus="yes">
        <source>%n tensors have rows that do not fit the chosen format and get a larger one: +%1.</source>
        <translation>
            <numerusform>%n Tensor hat Zeilen, die nicht in das gewählte Format passen, und bekommt ein größeres: +%1.</numerusform>
            <numerusform>%n Tensoren haben Zeilen, die nicht in das gewählte Format passen, und bekommen ein größeres: +%1.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n tensors are already quantized; quantizing again adds to the error. Start from an F16, BF16 or F32 file if you can.</source>
        <translation>
            <numerusform>%n Tensor ist schon quantisiert; nochmals zu quantisieren vergrößert den Fehler. Gehen Sie, wenn möglich, von einer Datei in F16, BF16 oder F32 aus.</numerusform>
            <numerusform>%n Tensoren sind schon quantisiert; nochmals zu quantisieren vergrößert den Fehler. Gehen Sie, wenn möglich, von einer Datei in F16, BF16 oder F32 aus.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n tensors need an importance matrix; without one this recipe cannot be exported.</source>
        <translation>
            <numerusform>%n Tensor braucht eine Wichtigkeitsmatrix; ohne sie lässt sich dieses Rezept nicht exportieren.</numerusform>
            <numerusform>%n Tensoren brauchen eine Wichtigkeitsmatrix; ohne sie lässt sich dieses Rezept nicht exportieren.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n tensors have no entry in the importance matrix and will be quantized without.</source>
        <translation>
            <numerusform>%n Tensor hat keinen Eintrag in der Wichtigkeitsmatrix und wird ohne quantisiert.</numerusform>
            <numerusform>%n Tensoren haben keinen Eintrag in der Wichtigkeitsmatrix und werden ohne quantisiert.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>The method &quot;%1&quot; cannot make the format of %n tensors; llama.cpp&apos;s search is used there.</source>
        <translation>
            <numerusform>Das Verfahren „%1“ kann das Format von %n Tensor nicht schreiben; dort wird die Suche von llama.cpp benutzt.</numerusform>
            <numerusform>Das Verfahren „%1“ kann die Formate von %n Tensoren nicht schreiben; dort wird die Suche von llama.cpp benutzt.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>GGUF cannot hold what the method of %n tensors makes: its values are rounded again to the chosen formats, in measurements as well (choose F16 to see the method alone), and what it does to inputs happens in this program only.</source>
        <translation>
            <numerusform>GGUF kann nicht speichern, was das Verfahren von %n Tensor ergibt: Seine Werte werden nochmals in das gewählte Format gerundet, auch beim Messen (mit F16 zeigt sich das Verfahren allein), und was es mit Eingaben tut, geschieht nur in diesem Programm.</numerusform>
            <numerusform>GGUF kann nicht speichern, was das Verfahren von %n Tensoren ergibt: Seine Werte werden nochmals in die gewählten Formate gerundet, auch beim Messen (mit F16 zeigt sich das Verfahren allein), und was es mit Eingaben tut, geschieht nur in diesem Programm.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>GGUF cannot hold what the method of %n tensors makes: a file keeps its values as floats, without rounding them again and as large as floats are, whatever other format the recipe has. What it does to inputs happens in this program only.</source>
        <translation>
            <numerusform>GGUF kann nicht speichern, was das Verfahren von %n Tensor ergibt: Eine Datei behält seine Werte als Gleitkommazahlen, ohne sie nochmals zu runden und so groß, wie diese sind, welches andere Format das Rezept auch hat. Was es mit Eingaben tut, geschieht nur in diesem Programm.</numerusform>
            <numerusform>GGUF kann nicht speichern, was das Verfahren von %n Tensoren ergibt: Eine Datei behält seine Werte als Gleitkommazahlen, ohne sie nochmals zu runden und so groß, wie diese sind, welches andere Format das Rezept auch hat. Was es mit Eingaben tut, geschieht nur in diesem Programm.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>GGUF cannot hold what the method of %n tensors makes: a file gets the nearest format instead, made from the original weights.</source>
        <translation>
            <numerusform>GGUF kann nicht speichern, was das Verfahren von %n Tensor ergibt: Eine Datei bekommt stattdessen das nächste Format, aus den ursprünglichen Gewichten gemacht.</numerusform>
            <numerusform>GGUF kann nicht speichern, was das Verfahren von %n Tensoren ergibt: Eine Datei bekommt stattdessen das nächste Format, aus den ursprünglichen Gewichten gemacht.</numerusform>
        </translation>
    </message>
    <message>
        <source>The method &quot;%1&quot; needs a calibration; without one this recipe cannot be exported.</source>
        <translation>Das Verfahren „%1“ braucht eine Kalibrierung; ohne sie lässt sich dieses Rezept nicht exportieren.</translation>
    </message>
    <message>
        <source>%1 is looked up, not multiplied, so that a calibration says nothing about it: its values are chosen without, which is normal.</source>
        <translation>%1 wird nachgeschlagen, nicht multipliziert, sodass eine Kalibrierung nichts darüber sagt: Die Werte werden ohne sie gewählt, was normal ist.</translation>
    </message>
    <message numerus="yes">
        <source>The calibration has no Gram matrix for %n tensors (%1); llama.cpp&apos;s search is used there.</source>
        <translation>
            <numerusform>Die Kalibrierung hat keine Gram-Matrix für %n Tensor (%1); dort wird die Suche von llama.cpp benutzt.</numerusform>
            <numerusform>Die Kalibrierung hat keine Gram-Matrix für %n Tensoren (%1); dort wird die Suche von llama.cpp benutzt.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>The calibration has no Gram matrix for all or some of the inputs of %n tensors (%1); values are not chosen by outputs there.</source>
        <translation>
            <numerusform>Die Kalibrierung hat für alle oder einige Eingaben von %n Tensor (%1) keine Gram-Matrix; Werte werden dort nicht nach den Ausgaben gewählt.</numerusform>
            <numerusform>Die Kalibrierung hat für alle oder einige Eingaben von %n Tensoren (%1) keine Gram-Matrix; Werte werden dort nicht nach den Ausgaben gewählt.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>The calibration text reached %n matrices of experts not at all; llama.cpp&apos;s search is used there. Use a longer or more varied text.</source>
        <translation>
            <numerusform>Der Kalibriertext hat %n Matrix von Experten gar nicht erreicht; dort wird die Suche von llama.cpp benutzt. Nehmen Sie einen längeren oder vielfältigeren Text.</numerusform>
            <numerusform>Der Kalibriertext hat %n Matrizen von Experten gar nicht erreicht; dort wird die Suche von llama.cpp benutzt. Nehmen Sie einen längeren oder vielfältigeren Text.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>The calibration text is short for %n matrices, which may become worse than with llama.cpp&apos;s search; at least %1 tokens are needed there.</source>
        <translation>
            <numerusform>Der Kalibriertext ist kurz für %n Matrix, die schlechter werden kann als mit der Suche von llama.cpp; dort sind mindestens %1 Token nötig.</numerusform>
            <numerusform>Der Kalibriertext ist kurz für %n Matrizen, die schlechter werden können als mit der Suche von llama.cpp; dort sind mindestens %1 Token nötig.</numerusform>
        </translation>
    </message>
    <message>
        <source>Formats below 4 bits lose clearly less with an importance matrix; none is given.</source>
        <translation>Formate unter 4 Bits verlieren mit einer Wichtigkeitsmatrix deutlich weniger; es gibt keine.</translation>
    </message>
    <message>
        <source>The source aligns its tensors to %1 bytes; the export uses %2, which every reader understands.</source>
        <translation>Die Quelle richtet ihre Tensoren an %1 Bytes aus; der Export nimmt %2, was jedes Programm lesen kann.</translation>
    </message>
    <message>
        <source>Rule %1 (&quot;%2&quot;) changes nothing: it matches no tensor that can be quantized and is not taken by an earlier rule or option.</source>
        <translation>Regel %1 („%2“) ändert nichts: Sie trifft keinen Tensor, der quantisiert werden kann und nicht schon von einer früheren Regel oder Einstellung betroffen ist.</translation>
    </message>
    <message>
        <source>Rule %1 (role %2) changes nothing: it matches no tensor that can be quantized and is not taken by an earlier rule or option.</source>
        <translation>Regel %1 (Rolle %2) ändert nichts: Sie trifft keinen Tensor, der quantisiert werden kann und nicht schon von einer früheren Regel oder Einstellung betroffen ist.</translation>
    </message>
</context>
<context>
    <name>Divergences</name>
    <message>
        <source>%1 and %2 are equal on this text.</source>
        <translation>%1 und %2 sind auf diesem Text gleich.</translation>
    </message>
    <message>
        <source>%1 is nearer to the original than %2: KL divergence lower by %3 ± %4, token by token.</source>
        <translation>%1 ist näher am Original als %2: KL-Divergenz um %3 ± %4 kleiner, Token für Token.</translation>
    </message>
    <message>
        <source>%1 and %2 cannot be told apart on this text.</source>
        <translation>%1 und %2 lassen sich auf diesem Text nicht unterscheiden.</translation>
    </message>
    <message numerus="yes">
        <source>%1 and %2 cannot be told apart yet; about %n more window(s) would be needed.</source>
        <translation>
            <numerusform>%1 und %2 lassen sich noch nicht unterscheiden; etwa %n weiteres Fenster wäre nötig.</numerusform>
            <numerusform>%1 und %2 lassen sich noch nicht unterscheiden; etwa %n weitere Fenster wären nötig.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>JobRunner</name>
    <message>
        <source>Started</source>
        <translation>Begonnen</translation>
    </message>
    <message>
        <source>Waiting</source>
        <translation>Wartet</translation>
    </message>
    <message>
        <source>Running</source>
        <translation>Läuft</translation>
    </message>
    <message>
        <source>Done</source>
        <translation>Fertig</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>Fehlgeschlagen</translation>
    </message>
    <message>
        <source>Canceled</source>
        <translation>Abgebrochen</translation>
    </message>
</context>
<context>
    <name>Main</name>
    <message>
        <source>The name %1 is not written in UTF-8. Rename the file, or use weightwright-cli, which takes any name.</source>
        <translation>Der Name %1 ist nicht in UTF-8 geschrieben. Benennen Sie die Datei um, oder verwenden Sie weightwright-cli, das jeden Namen nimmt.</translation>
    </message>
    <message>
        <source>%1 could not be written.</source>
        <translation>%1 konnte nicht geschrieben werden.</translation>
    </message>
    <message>
        <source>A workbench for quantizing language models.</source>
        <translation>Eine Werkbank zum Quantisieren von Sprachmodellen.</translation>
    </message>
    <message>
        <source>A GGUF file or a project (.wwproj) to open.</source>
        <translation>GGUF-Datei oder Projekt (.wwproj), das geöffnet wird.</translation>
    </message>
    <message>
        <source>Draw a plot without a window: %1.</source>
        <translation>Ein Diagramm ohne Fenster zeichnen: %1.</translation>
    </message>
    <message>
        <source>Save a picture of the window.</source>
        <translation>Ein Bild des Fensters speichern.</translation>
    </message>
    <message>
        <source>File to write: .png, .svg, .pdf or .csv.</source>
        <translation>Datei, die geschrieben wird: .png, .svg, .pdf oder .csv.</translation>
    </message>
    <message>
        <source>Preset to draw.</source>
        <translation>Vorlage, die gezeichnet wird.</translation>
    </message>
    <message>
        <source>Tensor to draw.</source>
        <translation>Tensor, der gezeichnet wird.</translation>
    </message>
    <message>
        <source>Text to measure perplexity on; the sample text if left out.</source>
        <translation>Text zum Messen der Perplexität; sonst der Beispieltext.</translation>
    </message>
    <message>
        <source>Context length for measuring.</source>
        <translation>Kontextlänge zum Messen.</translation>
    </message>
    <message>
        <source>Windows to measure; all if left out.</source>
        <translation>Fenster, die gemessen werden; sonst alle.</translation>
    </message>
    <message>
        <source>Threads for plots; one per processor if left out.</source>
        <translation>Threads für Diagramme; sonst einer je Prozessor.</translation>
    </message>
    <message>
        <source>Size of the picture.</source>
        <translation>Größe des Bildes.</translation>
    </message>
    <message>
        <source>Light text on dark ground.</source>
        <translation>Heller Text auf dunklem Grund.</translation>
    </message>
    <message>
        <source>Only one model can be opened at a time.</source>
        <translation>Nur ein Modell lässt sich auf einmal öffnen.</translation>
    </message>
    <message>
        <source>%1 is no size; write 1280x800.</source>
        <translation>%1 ist keine Größe; schreiben Sie 1280x800.</translation>
    </message>
    <message>
        <source>--ctx, --chunks and --threads take whole numbers above 0.</source>
        <translation>--ctx, --chunks und --threads nehmen ganze Zahlen über 0.</translation>
    </message>
    <message>
        <source>--plot needs a model.</source>
        <translation>--plot braucht ein Modell.</translation>
    </message>
    <message>
        <source>--plot needs a file to write: -o FILE.</source>
        <translation>--plot braucht eine Datei zum Schreiben: -o FILE.</translation>
    </message>
    <message>
        <source>There is no display for the window. Without one use weightwright-cli, or weightwright --plot.</source>
        <translation>Für das Fenster ist keine Anzeige da. Ohne Anzeige hilft weightwright-cli oder weightwright --plot.</translation>
    </message>
    <message>
        <source>Write a page with plots and tables of a model or a project, without a window.</source>
        <translation>Eine Seite mit Diagrammen und Tabellen eines Modells oder Projekts schreiben, ohne Fenster.</translation>
    </message>
    <message>
        <source>--report needs a model or a project.</source>
        <translation>--report braucht ein Modell oder ein Projekt.</translation>
    </message>
    <message>
        <source>There is no preset %1.</source>
        <translation>Es gibt kein Preset %1.</translation>
    </message>
</context>
<context>
    <name>PlotCommand</name>
    <message>
        <source>The model has no tensor named %1. &quot;weightwright-cli info&quot; lists them.</source>
        <translation>Das Modell hat keinen Tensor namens %1. „weightwright-cli info“ zählt sie auf.</translation>
    </message>
    <message>
        <source>This preset changes no tensor of the model. Name one with --tensor.</source>
        <translation>Diese Vorlage ändert keinen Tensor des Modells. Nennen Sie einen mit --tensor.</translation>
    </message>
    <message>
        <source>%1 as %2: size by role</source>
        <comment>model, preset</comment>
        <translation>%1 als %2: Größe nach Rolle</translation>
    </message>
    <message>
        <source>%1: relative error %2 in %3</source>
        <comment>tensor, error, format</comment>
        <translation>%1: relativer Fehler %2 in %3</translation>
    </message>
    <message>
        <source>weight</source>
        <translation>Wert des Gewichts</translation>
    </message>
    <message>
        <source>original (%1)</source>
        <translation>Original (%1)</translation>
    </message>
    <message>
        <source>%1: error of every format</source>
        <translation>%1: Fehler jedes Formats</translation>
    </message>
    <message>
        <source>The sample text was not found. Name a text with --text.</source>
        <translation>Der Beispieltext wurde nicht gefunden. Nennen Sie einen Text mit --text.</translation>
    </message>
    <message>
        <source>Original: perplexity %1</source>
        <translation>Original: Perplexität %1</translation>
    </message>
    <message>
        <source>Original</source>
        <translation>Original</translation>
    </message>
    <message>
        <source>There is no plot of kind %1. Kinds: %2.</source>
        <translation>Ein Diagramm der Art %1 gibt es nicht. Arten: %2.</translation>
    </message>
    <message>
        <source>There is no preset %1.</source>
        <translation>Die Vorlage %1 gibt es nicht.</translation>
    </message>
    <message>
        <source>%1: perplexity %2, %3 to the original</source>
        <translation>%1: Perplexität %2, %3 zum Original</translation>
    </message>
    <message numerus="yes">
        <source>%1 on %2, %n window(s) of %3 tokens; error bars: of the difference to the original</source>
        <comment>model, text</comment>
        <translation>
            <numerusform>%1 auf %2, %n Fenster von %3 Token; Fehlerbalken: des Unterschieds zum Original</numerusform>
            <numerusform>%1 auf %2, %n Fenster von %3 Token; Fehlerbalken: des Unterschieds zum Original</numerusform>
        </translation>
    </message>
    <message>
        <source>%1 does not end in .png, .svg, .pdf or .csv.</source>
        <translation>%1 endet nicht auf .png, .svg, .pdf oder .csv.</translation>
    </message>
    <message>
        <source>The folder of %1 does not exist. Make it first or choose another.</source>
        <translation>Den Ordner von %1 gibt es nicht. Legen Sie ihn an oder wählen Sie einen anderen.</translation>
    </message>
</context>
<context>
    <name>ProjectFile</name>
    <message>
        <source>This is not a project that can be read: %1. Open the model itself to start over; the project file stays as it is.</source>
        <translation>Dieses Projekt ist nicht lesbar: %1. Öffnen Sie das Modell selbst, um neu zu beginnen; die Projektdatei bleibt, wie sie ist.</translation>
    </message>
    <message>
        <source>a measurement is incomplete</source>
        <translation>eine Messung ist unvollständig</translation>
    </message>
    <message>
        <source>the text breaks off or is no JSON near byte %1</source>
        <translation>der Text bricht ab oder ist kein JSON, nahe Byte %1</translation>
    </message>
    <message>
        <source>it was not written by Weightwright</source>
        <translation>es stammt nicht von Weightwright</translation>
    </message>
    <message>
        <source>The project was written by a newer Weightwright. Update this program to open it.</source>
        <translation>Das Projekt stammt von einem neueren Weightwright. Erneuern Sie dieses Programm, um es zu öffnen.</translation>
    </message>
    <message>
        <source>it names no model</source>
        <translation>es nennt kein Modell</translation>
    </message>
    <message>
        <source>a recipe in it is broken (%1)</source>
        <translation>ein Rezept darin ist kaputt (%1)</translation>
    </message>
    <message>
        <source>it has no recipe</source>
        <translation>es hat kein Rezept</translation>
    </message>
    <message>
        <source>the text of its steps is incomplete</source>
        <translation>die Angaben zum Text seiner Schritte sind unvollständig</translation>
    </message>
</context>
<context>
    <name>Report</name>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>Architecture</source>
        <translation>Architektur</translation>
    </message>
    <message>
        <source>Weights</source>
        <translation>Gewichte</translation>
    </message>
    <message>
        <source>Original</source>
        <translation>Original</translation>
    </message>
    <message>
        <source>%1, %2</source>
        <comment>size, bits per weight</comment>
        <translation>%1, %2</translation>
    </message>
    <message>
        <source>Recipe</source>
        <translation>Rezept</translation>
    </message>
    <message>
        <source>Made from</source>
        <translation>Entstanden aus</translation>
    </message>
    <message>
        <source>File</source>
        <translation>Datei</translation>
    </message>
    <message>
        <source>Importance</source>
        <translation>Wichtigkeit</translation>
    </message>
    <message>
        <source>KL divergence</source>
        <translation>KL-Divergenz</translation>
    </message>
    <message>
        <source>%1 predicted, %2 to %3</source>
        <comment>value, lower and upper end</comment>
        <translation>%1 vorhergesagt, %2 bis %3</translation>
    </message>
    <message>
        <source>Tensor</source>
        <translation>Tensor</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>Format</translation>
    </message>
    <message>
        <source>Why</source>
        <translation>Warum</translation>
    </message>
    <message>
        <source>Shape</source>
        <translation>Form</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>Error</source>
        <translation>Fehler</translation>
    </message>
    <message>
        <source>%1, %2</source>
        <comment>format, method</comment>
        <translation>%1, %2</translation>
    </message>
    <message>
        <source>%1: quantization report</source>
        <translation>%1: Bericht zur Quantisierung</translation>
    </message>
    <message>
        <source>Variants</source>
        <translation>Varianten</translation>
    </message>
    <message>
        <source>Plots</source>
        <translation>Diagramme</translation>
    </message>
    <message>
        <source>Warnings</source>
        <translation>Warnungen</translation>
    </message>
    <message>
        <source>Tensors</source>
        <translation>Tensoren</translation>
    </message>
    <message>
        <source>Written by Weightwright on %1.</source>
        <translation>Geschrieben von Weightwright am %1.</translation>
    </message>
    <message>
        <source>No importance matrix: the recipe treats all columns of a matrix alike. Calibrate collects one.</source>
        <translation>Keine Wichtigkeitsmatrix: Das Rezept behandelt alle Spalten einer Matrix gleich. Kalibrieren sammelt eine.</translation>
    </message>
    <message>
        <source>No probes: the KL divergence is not predicted, and the damage of tensors is estimated from their weights alone. Calibrate with “Probe after that” measures which tensors hurt.</source>
        <translation>Keine Proben: Die KL-Divergenz wird nicht vorhergesagt, und der Schaden der Tensoren ist nur aus ihren Gewichten geschätzt. Kalibrieren mit „Danach sondieren“ misst, welche Tensoren weh tun.</translation>
    </message>
    <message>
        <source>The perplexity of this recipe was not measured. Measure ▸ Measure does it, and runs the original as well.</source>
        <translation>Die Perplexität dieses Rezepts wurde nicht gemessen. Messen ▸ Messen tut es und lässt auch das Original laufen.</translation>
    </message>
    <message>
        <source>The KL divergence of this recipe was not measured. Measure ▸ Measure does it when “KL divergence as well” is checked.</source>
        <translation>Die KL-Divergenz dieses Rezepts wurde nicht gemessen. Messen ▸ Messen tut es, wenn „Auch die KL-Divergenz“ angekreuzt ist.</translation>
    </message>
    <message>
        <source>The weight errors of %1 of %2 quantized tensors were not measured. Measure ▸ Weight Errors of All Tensors does it.</source>
        <translation>Die Gewichtsfehler von %1 der %2 quantisierten Tensoren wurden nicht gemessen. Messen ▸ Gewichtsfehler aller Tensoren tut es.</translation>
    </message>
    <message>
        <source>There is nothing to compare the recipe with. Measure ▸ Measure Presets measures the usual presets on the same text.</source>
        <translation>Es gibt nichts, womit sich das Rezept vergleichen lässt. Messen ▸ Voreinstellungen messen misst die üblichen Voreinstellungen am selben Text.</translation>
    </message>
    <message>
        <source>What this report lacks</source>
        <translation>Was diesem Bericht fehlt</translation>
    </message>
    <message>
        <source>Method</source>
        <translation>Verfahren</translation>
    </message>
    <message>
        <source>Bits per weight</source>
        <translation>Bits je Gewicht</translation>
    </message>
    <message>
        <source>Part of the file</source>
        <translation>Anteil an der Datei</translation>
    </message>
    <message>
        <source>The recipe as a file: “quantize --recipe FILE” makes the same again</source>
        <translation>Das Rezept als Datei: „quantize --recipe DATEI“ macht dasselbe noch einmal</translation>
    </message>
    <message>
        <source>KL divergence added</source>
        <translation>Zusätzliche KL-Divergenz</translation>
    </message>
    <message>
        <source>Squared error</source>
        <translation>Quadrierter Fehler</translation>
    </message>
    <message>
        <source>KL divergence the next MiB saves</source>
        <translation>KL-Divergenz, die das nächste MiB spart</translation>
    </message>
    <message>
        <source>Squared error the next MiB saves</source>
        <translation>Quadrierter Fehler, den das nächste MiB spart</translation>
    </message>
    <message>
        <source>Formats</source>
        <translation>Formate</translation>
    </message>
    <message>
        <source>Error: ‖w−q‖ / ‖w‖ of the weights (measured). A dash: not known.</source>
        <translation>Fehler: ‖w−q‖ / ‖w‖ der Gewichte (gemessen). Ein Strich: nicht bekannt.</translation>
    </message>
    <message>
        <source>KL divergence: what this tensor adds to that of the model, in nats per token, predicted from probes.</source>
        <translation>KL-Divergenz: was dieser Tensor zu der des Modells beiträgt, in Nat je Token, vorhergesagt aus Proben.</translation>
    </message>
    <message>
        <source>Squared error: (‖w−q‖ / ‖w‖)², estimated from some rows and four times as heavy in the output matrix. It orders the formats of a tensor; it does not say which tensor hurts the model more.</source>
        <translation>Quadrierter Fehler: (‖w−q‖ / ‖w‖)², aus einigen Zeilen geschätzt und in der Ausgabematrix viermal so schwer. Er ordnet die Formate eines Tensors; er sagt nicht, welcher Tensor dem Modell mehr schadet.</translation>
    </message>
    <message>
        <source>Before quantizing</source>
        <translation>Vor dem Quantisieren</translation>
    </message>
</context>
<context>
    <name>ww::Actions</name>
    <message>
        <source>%1 (%2)</source>
        <comment>tool tip, shortcut</comment>
        <translation>%1 (%2)</translation>
    </message>
    <message>
        <source>&amp;Open…</source>
        <translation>Ö&amp;ffnen …</translation>
    </message>
    <message>
        <source>Open a model or a project</source>
        <translation>Ein Modell oder Projekt öffnen</translation>
    </message>
    <message>
        <source>Open the &amp;Sample Model</source>
        <translation>&amp;Beispielmodell öffnen</translation>
    </message>
    <message>
        <source>Open the small model that comes with the program</source>
        <translation>Das kleine Modell öffnen, das dem Programm beiliegt</translation>
    </message>
    <message>
        <source>&amp;Save Project</source>
        <translation>Projekt &amp;speichern</translation>
    </message>
    <message>
        <source>Save recipes and measurements in a project file</source>
        <translation>Rezepte und Messungen in einer Projektdatei speichern</translation>
    </message>
    <message>
        <source>Save Project &amp;As…</source>
        <translation>Projekt speichern &amp;unter …</translation>
    </message>
    <message>
        <source>Save recipes and measurements in another project file</source>
        <translation>Rezepte und Messungen in einer anderen Projektdatei speichern</translation>
    </message>
    <message>
        <source>Start &amp;Over</source>
        <translation>&amp;Neu beginnen</translation>
    </message>
    <message>
        <source>Put recipes and measurements away and begin with a fresh recipe</source>
        <translation>Rezepte und Messungen weglegen und mit einem frischen Rezept beginnen</translation>
    </message>
    <message>
        <source>&amp;Export…</source>
        <translation>E&amp;xportieren …</translation>
    </message>
    <message>
        <source>Write quantized GGUF files</source>
        <translation>Quantisierte GGUF-Dateien schreiben</translation>
    </message>
    <message>
        <source>&amp;Close</source>
        <translation>S&amp;chließen</translation>
    </message>
    <message>
        <source>Close the model; recipes and measurements are kept</source>
        <translation>Das Modell schließen; Rezepte und Messungen bleiben erhalten</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>B&amp;eenden</translation>
    </message>
    <message>
        <source>Save the work and leave</source>
        <translation>Die Arbeit speichern und das Programm verlassen</translation>
    </message>
    <message>
        <source>&amp;Undo</source>
        <translation>&amp;Rückgängig</translation>
    </message>
    <message>
        <source>Take the last change of a recipe back</source>
        <translation>Die letzte Änderung eines Rezepts zurücknehmen</translation>
    </message>
    <message>
        <source>&amp;Redo</source>
        <translation>&amp;Wiederholen</translation>
    </message>
    <message>
        <source>Do the change again</source>
        <translation>Die Änderung noch einmal vornehmen</translation>
    </message>
    <message>
        <source>Select &amp;All Tensors</source>
        <translation>&amp;Alle Tensoren auswählen</translation>
    </message>
    <message>
        <source>Select every tensor of the model</source>
        <translation>Jeden Tensor des Modells auswählen</translation>
    </message>
    <message>
        <source>&amp;Find Tensor</source>
        <translation>Tensor &amp;suchen</translation>
    </message>
    <message>
        <source>Filter the table of tensors by name</source>
        <translation>Die Tensortabelle nach Namen filtern</translation>
    </message>
    <message>
        <source>&amp;Settings…</source>
        <translation>&amp;Einstellungen …</translation>
    </message>
    <message>
        <source>Appearance, language, threads</source>
        <translation>Aussehen, Sprache, Threads</translation>
    </message>
    <message>
        <source>&amp;New Recipe</source>
        <translation>&amp;Neues Rezept</translation>
    </message>
    <message>
        <source>Add a recipe that starts from the current preset</source>
        <translation>Ein Rezept hinzufügen, das von der jetzigen Vorlage ausgeht</translation>
    </message>
    <message>
        <source>&amp;Duplicate Recipe</source>
        <translation>Rezept &amp;verdoppeln</translation>
    </message>
    <message>
        <source>Add a copy of the current recipe</source>
        <translation>Eine Kopie des jetzigen Rezepts hinzufügen</translation>
    </message>
    <message>
        <source>&amp;Rename Recipe…</source>
        <translation>Rezept &amp;umbenennen …</translation>
    </message>
    <message>
        <source>Give the current recipe another name</source>
        <translation>Dem jetzigen Rezept einen anderen Namen geben</translation>
    </message>
    <message>
        <source>De&amp;lete Recipe</source>
        <translation>Rezept &amp;löschen</translation>
    </message>
    <message>
        <source>Remove the current recipe</source>
        <translation>Das jetzige Rezept entfernen</translation>
    </message>
    <message>
        <source>&amp;Load Recipe…</source>
        <translation>Rezept l&amp;aden …</translation>
    </message>
    <message>
        <source>Add a recipe from a file</source>
        <translation>Ein Rezept aus einer Datei hinzufügen</translation>
    </message>
    <message>
        <source>&amp;Save Recipe…</source>
        <translation>Rezept &amp;speichern …</translation>
    </message>
    <message>
        <source>Write the current recipe to a file, to share or use on the command line</source>
        <translation>Das jetzige Rezept in eine Datei schreiben, zum Weitergeben oder für die Kommandozeile</translation>
    </message>
    <message>
        <source>&amp;Import Tensor Types…</source>
        <translation>Tensortypen &amp;importieren …</translation>
    </message>
    <message>
        <source>Take rules from a tensor type file of llama.cpp into the current recipe</source>
        <translation>Regeln aus einer Tensortypdatei von llama.cpp in das jetzige Rezept übernehmen</translation>
    </message>
    <message>
        <source>E&amp;xport Tensor Types…</source>
        <translation>Tensortypen e&amp;xportieren …</translation>
    </message>
    <message>
        <source>Write the rules of the current recipe as a tensor type file for llama.cpp</source>
        <translation>Die Regeln des jetzigen Rezepts als Tensortypdatei für llama.cpp schreiben</translation>
    </message>
    <message>
        <source>Rules and &amp;Options…</source>
        <translation>Regeln und &amp;Optionen …</translation>
    </message>
    <message>
        <source>See and change the rules of the current recipe</source>
        <translation>Die Regeln des jetzigen Rezepts ansehen und ändern</translation>
    </message>
    <message>
        <source>Reset Selected &amp;Tensors</source>
        <translation>Ausgewählte &amp;Tensoren zurücksetzen</translation>
    </message>
    <message>
        <source>Let the preset decide about the selected tensors again</source>
        <translation>Über die ausgewählten Tensoren wieder die Vorlage entscheiden lassen</translation>
    </message>
    <message>
        <source>&amp;Measure…</source>
        <translation>&amp;Messen …</translation>
    </message>
    <message>
        <source>Measure the perplexity of the original and of the current recipe</source>
        <translation>Die Perplexität des Originals und des jetzigen Rezepts messen</translation>
    </message>
    <message>
        <source>Measure &amp;Presets…</source>
        <translation>&amp;Vorlagen messen …</translation>
    </message>
    <message>
        <source>Measure several presets in one go, to compare size and perplexity</source>
        <translation>Mehrere Vorlagen in einem Zug messen, um Größe und Perplexität zu vergleichen</translation>
    </message>
    <message>
        <source>&amp;Weight Errors of All Tensors</source>
        <translation>&amp;Gewichtsfehler aller Tensoren</translation>
    </message>
    <message>
        <source>Compare the weights of every tensor before and after quantizing</source>
        <translation>Die Gewichte jedes Tensors vor und nach dem Quantisieren vergleichen</translation>
    </message>
    <message>
        <source>&amp;Jobs</source>
        <translation>&amp;Aufträge</translation>
    </message>
    <message>
        <source>Show running and finished jobs with their logs</source>
        <translation>Laufende und beendete Aufträge mit ihren Protokollen zeigen</translation>
    </message>
    <message>
        <source>&amp;Stop All Jobs</source>
        <translation>Alle Aufträge a&amp;bbrechen</translation>
    </message>
    <message>
        <source>Cancel everything that runs or waits</source>
        <translation>Alles abbrechen, was läuft oder wartet</translation>
    </message>
    <message>
        <source>Layer &amp;Map</source>
        <translation>Schichten&amp;karte</translation>
    </message>
    <message>
        <source>Move to the layer map</source>
        <translation>Zur Schichtenkarte gehen</translation>
    </message>
    <message>
        <source>&amp;Tensor Table</source>
        <translation>&amp;Tensortabelle</translation>
    </message>
    <message>
        <source>Move to the table of tensors</source>
        <translation>Zur Tensortabelle gehen</translation>
    </message>
    <message>
        <source>&amp;Inspector</source>
        <translation>&amp;Inspektor</translation>
    </message>
    <message>
        <source>Move to the inspector</source>
        <translation>Zum Inspektor gehen</translation>
    </message>
    <message>
        <source>&amp;Results</source>
        <translation>&amp;Ergebnisse</translation>
    </message>
    <message>
        <source>Move to the results</source>
        <translation>Zu den Ergebnissen gehen</translation>
    </message>
    <message>
        <source>&amp;Full Screen</source>
        <translation>&amp;Vollbild</translation>
    </message>
    <message>
        <source>Use the whole screen</source>
        <translation>Den ganzen Bildschirm nutzen</translation>
    </message>
    <message>
        <source>Reset &amp;Layout</source>
        <translation>&amp;Anordnung zurücksetzen</translation>
    </message>
    <message>
        <source>Give every panel its usual place and size</source>
        <translation>Jedem Bereich seinen gewohnten Platz geben</translation>
    </message>
    <message>
        <source>&amp;Keyboard Shortcuts</source>
        <translation>&amp;Tastenkürzel</translation>
    </message>
    <message>
        <source>What can be done with the keyboard</source>
        <translation>Was mit der Tastatur geht</translation>
    </message>
    <message>
        <source>&amp;About Weightwright</source>
        <translation>Ü&amp;ber Weightwright</translation>
    </message>
    <message>
        <source>Version, licenses and libraries</source>
        <translation>Version, Lizenzen und Bibliotheken</translation>
    </message>
    <message>
        <source>&amp;Importance Matrix…</source>
        <translation>W&amp;ichtigkeitsmatrix …</translation>
    </message>
    <message>
        <source>Load how much each column of the weights matters (imatrix, GGUF or .dat): better quality below 5 bits</source>
        <translation>Laden, wie wichtig jede Spalte der Gewichte ist (imatrix, GGUF oder .dat): bessere Güte unter 5 Bits</translation>
    </message>
    <message>
        <source>Re&amp;move Importance Matrix</source>
        <translation>Wichtigkeits&amp;matrix entfernen</translation>
    </message>
    <message>
        <source>Quantize without the importance matrix again</source>
        <translation>Wieder ohne Wichtigkeitsmatrix quantisieren</translation>
    </message>
    <message>
        <source>&amp;Calibrate…</source>
        <translation>&amp;Kalibrieren …</translation>
    </message>
    <message>
        <source>Let the model read a text to learn which weights matter: better quality below 5 bits</source>
        <translation>Das Modell einen Text lesen lassen, um zu erfahren, welche Gewichte zählen: bessere Güte unter 5 Bits</translation>
    </message>
    <message>
        <source>A&amp;bout the Model…</source>
        <translation>Ü&amp;ber das Modell …</translation>
    </message>
    <message>
        <source>Name, license, chat template and other facts that exported files carry</source>
        <translation>Name, Lizenz, Chat-Vorlage und andere Angaben in exportierten Dateien</translation>
    </message>
    <message>
        <source>Save Re&amp;port…</source>
        <translation>Be&amp;richt speichern …</translation>
    </message>
    <message>
        <source>Write a page with plots, tables and everything that was measured</source>
        <translation>Eine Seite mit Diagrammen, Tabellen und allen Messungen schreiben</translation>
    </message>
    <message>
        <source>Rotation, SmoothQuant or AWQ: change the weights so that the model computes the same and can be quantized better</source>
        <translation>Drehung, SmoothQuant oder AWQ: die Gewichte so verändern, dass das Modell dasselbe rechnet und sich besser quantisieren lässt</translation>
    </message>
    <message>
        <source>C&amp;ompare Methods…</source>
        <translation>Verfahren ver&amp;gleichen …</translation>
    </message>
    <message>
        <source>Measure methods against formats on this model: errors, KL divergence, time</source>
        <translation>Verfahren und Formate an diesem Modell messen: Fehler, KL-Divergenz, Zeit</translation>
    </message>
    <message>
        <source>Steps &amp;before Quantizing…</source>
        <translation>Schritte &amp;vor dem Quantisieren …</translation>
    </message>
</context>
<context>
    <name>ww::Application</name>
    <message>
        <source>Weightwright was interrupted last time. Nothing that was saved is lost.</source>
        <translation>Weightwright wurde beim letzten Mal unterbrochen. Was gespeichert war, ist noch da.</translation>
    </message>
    <message>
        <source>Restore the Last Project</source>
        <translation>Letztes Projekt wiederherstellen</translation>
    </message>
</context>
<context>
    <name>ww::BlockMap</name>
    <message>
        <source>Blocks</source>
        <translation>Blöcke</translation>
    </message>
    <message>
        <source>row %1, block %2</source>
        <translation>Zeile %1, Block %2</translation>
    </message>
    <message>
        <source>%1: scale %2</source>
        <comment>place of a block: its scale</comment>
        <translation>%1: Skala %2</translation>
    </message>
    <message>
        <source>%1: scale %2, codes %3 … %4</source>
        <comment>place of a block: its scale, smallest and largest code</comment>
        <translation>%1: Skala %2, Codes %3 … %4</translation>
    </message>
    <message>
        <source>No blocks to show.</source>
        <translation>Keine Blöcke zu zeigen.</translation>
    </message>
    <message>
        <source>%1: scale %2, offset %3, codes %4 … %5</source>
        <comment>place of a block: its scale, its offset, smallest and largest code</comment>
        <translation>%1: Skala %2, Versatz %3, Codes %4 … %5</translation>
    </message>
</context>
<context>
    <name>ww::BudgetBar</name>
    <message>
        <source>Si&amp;ze:</source>
        <translation>&amp;Größe:</translation>
    </message>
    <message>
        <source>Size to fit the file to</source>
        <translation>Gewünschte Größe der Datei</translation>
    </message>
    <message>
        <source>Chooses the best formats for a file from %1 to %2. A format is judged by the errors it makes in the weights (estimated, without running the model).</source>
        <translation>Wählt die besten Formate für eine Datei von %1 bis %2. Ein Format wird nach seinen Fehlern in den Gewichten beurteilt (geschätzt, ohne das Modell auszuführen).</translation>
    </message>
    <message>
        <source>Chooses the best formats for a file of the wanted size</source>
        <translation>Wählt die besten Formate für eine Datei der gewünschten Größe</translation>
    </message>
    <message>
        <source>Sizes of presets</source>
        <translation>Größen der Vorlagen</translation>
    </message>
    <message>
        <source>“%1” is no size.</source>
        <translation>„%1“ ist keine Größe.</translation>
    </message>
    <message>
        <source>No choice of formats makes this model as small as %1.</source>
        <translation>Keine Wahl der Formate macht dieses Modell so klein wie %1.</translation>
    </message>
    <message>
        <source>The smallest file has %1.</source>
        <translation>Die kleinste Datei hat %1.</translation>
    </message>
    <message>
        <source>Chooses the best formats for a file from %1 to %2. A format is judged by the KL divergence it adds, predicted from probes of single tensors.</source>
        <translation>Wählt die besten Formate für eine Datei von %1 bis %2. Ein Format wird nach der KL-Divergenz beurteilt, die es hinzufügt, vorhergesagt aus Proben einzelner Tensoren.</translation>
    </message>
    <message>
        <source>Type a size such as 6 GiB, 4.5 bpw or 70 %, then Enter. Or the memory to run in, with the context: “6 GiB with 8k” leaves room for the cache of keys and values and for buffers.</source>
        <translation>Eine Größe wie 6 GiB, 4,5 bpw oder 70 % eingeben, dann Enter. Oder den Speicher zum Ausführen mit dem Kontext: „6 GiB mit 8k“ lässt Platz für den Cache der Schlüssel und Werte und für Puffer.</translation>
    </message>
    <message>
        <source>Write a size such as 6 GiB, 4.5 bpw or 70 %, or memory with a context: 6 GiB with 8k.</source>
        <translation>Schreiben Sie eine Größe wie 6 GiB, 4,5 bpw oder 70 %, oder Speicher mit einem Kontext: 6 GiB mit 8k.</translation>
    </message>
    <message>
        <source>What the model needs to run is not known.</source>
        <translation>Was das Modell zum Ausführen braucht, ist nicht bekannt.</translation>
    </message>
    <message>
        <source>A context of %1 tokens needs %2 beside the weights: %3 for the cache of keys and values (%4), %5 for buffers.</source>
        <translation>Ein Kontext von %1 Tokens braucht neben den Gewichten %2: %3 für den Cache der Schlüssel und Werte (%4), %5 für Puffer.</translation>
    </message>
    <message>
        <source>%1 are too little for this context.</source>
        <translation>%1 sind zu wenig für diesen Kontext.</translation>
    </message>
    <message>
        <source>Choose a shorter one, or write q8_0 after it for a smaller cache.</source>
        <translation>Wählen Sie einen kürzeren, oder schreiben Sie q8_0 dahinter für einen kleineren Cache.</translation>
    </message>
    <message>
        <source>%1 of memory leave %2 for the weights.</source>
        <translation>%1 Speicher lassen %2 für die Gewichte.</translation>
    </message>
</context>
<context>
    <name>ww::BudgetController</name>
    <message>
        <source>Correcting predictions</source>
        <translation>Vorhersagen berichtigen</translation>
    </message>
    <message>
        <source>Weighing formats</source>
        <translation>Formate werden abgewogen</translation>
    </message>
    <message>
        <source>The formats could not be compared.</source>
        <translation>Die Formate konnten nicht verglichen werden.</translation>
    </message>
    <message>
        <source>There is no recipe of this size.</source>
        <translation>Es gibt kein Rezept dieser Größe.</translation>
    </message>
    <message>
        <source>Fit to %1</source>
        <translation>An %1 anpassen</translation>
    </message>
    <message>
        <source>Fitting to %1</source>
        <translation>Anpassen an %1</translation>
    </message>
    <message>
        <source>Probing with %1</source>
        <translation>Sondieren mit %1</translation>
    </message>
    <message>
        <source>Probing did not finish.</source>
        <translation>Das Sondieren wurde nicht fertig.</translation>
    </message>
    <message>
        <source>Probed: the size slider now predicts how far a recipe is from the original.</source>
        <translation>Sondiert: Der Größenregler sagt nun vorher, wie weit ein Rezept vom Original entfernt ist.</translation>
    </message>
</context>
<context>
    <name>ww::BudgetSlider</name>
    <message>
        <source>Size of the file</source>
        <translation>Größe der Datei</translation>
    </message>
    <message>
        <source>Preset %1: %2</source>
        <comment>name, size</comment>
        <translation>Vorlage %1, %2 {1:?}</translation>
    </message>
</context>
<context>
    <name>ww::CalibrateController</name>
    <message>
        <source>Calibrating with %1</source>
        <translation>Kalibrieren mit %1</translation>
    </message>
    <message>
        <source>Calibration did not finish.</source>
        <translation>Das Kalibrieren wurde nicht fertig.</translation>
    </message>
    <message>
        <source>%1 could not be loaded.</source>
        <translation>%1 konnte nicht geladen werden.</translation>
    </message>
    <message>
        <source>%1 does not belong to this model.</source>
        <translation>%1 gehört nicht zu diesem Modell.</translation>
    </message>
    <message numerus="yes">
        <source>None of its %n entry(s) fits a tensor of the model. Choose the matrix that was made from this model.</source>
        <translation>
            <numerusform>Ihr einziger Eintrag passt zu keinem Tensor des Modells. Wählen Sie die Matrix, die aus diesem Modell entstanden ist.</numerusform>
            <numerusform>Keiner ihrer %n Einträge passt zu einem Tensor des Modells. Wählen Sie die Matrix, die aus diesem Modell entstanden ist.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Calibrated: %n tensor(s) are quantized by importance from now on.</source>
        <translation>
            <numerusform>Kalibriert: %n Tensor wird von nun an nach Wichtigkeit quantisiert.</numerusform>
            <numerusform>Kalibriert: %n Tensoren werden von nun an nach Wichtigkeit quantisiert.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Importance matrix loaded: %n tensor(s) covered.</source>
        <translation>
            <numerusform>Wichtigkeitsmatrix geladen: %n Tensor abgedeckt.</numerusform>
            <numerusform>Wichtigkeitsmatrix geladen: %n Tensoren abgedeckt.</numerusform>
        </translation>
    </message>
    <message>
        <source>GPTQ and AWQ clipping can be chosen as methods. %1</source>
        <comment>coverage of the importance</comment>
        <translation>GPTQ und AWQ-Begrenzung können als Verfahren gewählt werden. %1</translation>
    </message>
</context>
<context>
    <name>ww::CalibrateDialog</name>
    <message>
        <source>Calibrate</source>
        <translation>Kalibrieren</translation>
    </message>
    <message>
        <source>The model reads a text once, and the program notes how strongly each column of each weight matrix is used. Quantizing then keeps those columns most exact. It costs time once and improves every format below 8 bits; some of the smallest formats cannot be made without it.</source>
        <translation>Das Modell liest einmal einen Text, und das Programm merkt sich, wie stark jede Spalte jeder Gewichtsmatrix gebraucht wird. Beim Quantisieren bleiben diese Spalten dann am genauesten. Das kostet einmal Zeit und verbessert jedes Format unter 8 Bits; einige der kleinsten Formate sind ohne dies nicht möglich.</translation>
    </message>
    <message>
        <source>&amp;Calibrate</source>
        <translation>&amp;Kalibrieren</translation>
    </message>
    <message>
        <source>Estimated time: about %1, judged by the last measurement.</source>
        <translation>Geschätzte Zeit: etwa %1, nach der letzten Messung.</translation>
    </message>
    <message>
        <source>Estimated time: roughly %1, a guess until something was measured here.</source>
        <translation>Geschätzte Zeit: ungefähr %1, nur vermutet, bis hier etwas gemessen wurde.</translation>
    </message>
    <message>
        <source>That is little text; %1 tokens or more give a firm result.</source>
        <translation>Das ist wenig Text; ab %1 Token wird das Ergebnis verlässlich.</translation>
    </message>
    <message>
        <source>This is also the text for measuring: choose another one, or results look better than they are.</source>
        <translation>Mit diesem Text wird auch gemessen: Wählen Sie einen anderen, sonst sehen Ergebnisse besser aus, als sie sind.</translation>
    </message>
    <message>
        <source>&amp;Probe after that which tensors hurt most, for at most</source>
        <translation>Danach &amp;sondieren, welche Tensoren am meisten schaden, höchstens</translation>
    </message>
    <message>
        <source>Runs the model with one tensor quantized at a time. The size slider then knows what each choice costs, and predicts the KL divergence of every recipe</source>
        <translation>Führt das Modell mit jeweils einem quantisierten Tensor aus. Der Größenregler weiß dann, was jede Wahl kostet, und sagt die KL-Divergenz jedes Rezepts vorher</translation>
    </message>
    <message>
        <source>Longest time for probes</source>
        <translation>Längste Zeit zum Sondieren</translation>
    </message>
    <message>
        <source> min</source>
        <translation> min</translation>
    </message>
    <message>
        <source>Also for &amp;GPTQ: note how the inputs of each layer go together (%1 of memory)</source>
        <translation>Auch für &amp;GPTQ: festhalten, wie die Eingaben jeder Schicht zusammenhängen (%1 Speicher)</translation>
    </message>
    <message>
        <source>Gram matrices: the products of all pairs of inputs. GPTQ chooses codes by them so that errors of single weights cancel out in the output of the layer</source>
        <translation>Gram-Matrizen: die Produkte aller Paare von Eingaben. GPTQ wählt damit die Codes so, dass sich Fehler einzelner Gewichte in der Ausgabe der Schicht aufheben</translation>
    </message>
</context>
<context>
    <name>ww::DamagePlot</name>
    <message>
        <source>Sensitivity</source>
        <translation>Empfindlichkeit</translation>
    </message>
    <message>
        <source>KL divergence added (predicted)</source>
        <translation>hinzugefügte KL-Divergenz (vorhergesagt)</translation>
    </message>
    <message>
        <source>KL divergence saved by the next MiB (predicted)</source>
        <translation>durch das nächste MiB gesparte KL-Divergenz (vorhergesagt)</translation>
    </message>
    <message>
        <source>%1, %2</source>
        <comment>figure, format</comment>
        <translation>%1, %2</translation>
    </message>
    <message>
        <source>%1 as %2: %3</source>
        <comment>tensor, format, figure</comment>
        <translation>%1 als %2: %3</translation>
    </message>
    <message>
        <source>%1 of the whole</source>
        <translation>%1 des Ganzen</translation>
    </message>
    <message>
        <source>%1 does most damage: %2 of %3 in all.</source>
        <translation>%1 schadet am meisten: %2 von insgesamt %3.</translation>
    </message>
    <message>
        <source>Another MiB saves most in %1: %2.</source>
        <translation>Ein weiteres MiB spart am meisten in %1: %2.</translation>
    </message>
    <message numerus="yes">
        <source>%n more tensor(s) are not shown.</source>
        <translation>
            <numerusform>%n weiterer Tensor ist nicht dargestellt.</numerusform>
            <numerusform>%n weitere Tensoren sind nicht dargestellt.</numerusform>
        </translation>
    </message>
    <message>
        <source>squared relative weight error (estimated)</source>
        <translation>quadrierter relativer Gewichtsfehler (geschätzt)</translation>
    </message>
    <message>
        <source>squared weight error saved by the next MiB (estimated)</source>
        <translation>quadrierter Gewichtsfehler, den das nächste MiB spart (geschätzt)</translation>
    </message>
</context>
<context>
    <name>ww::Document</name>
    <message numerus="yes">
        <source>Keep %n tensor(s) as in the file</source>
        <translation>
            <numerusform>%n Tensor wie in der Datei lassen</numerusform>
            <numerusform>%n Tensoren wie in der Datei lassen</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Set %n tensor(s) to %1</source>
        <translation>
            <numerusform>%n Tensor auf %1 setzen</numerusform>
            <numerusform>%n Tensoren auf %1 setzen</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Change the method of %n tensor(s)</source>
        <translation>
            <numerusform>Verfahren von %n Tensor ändern</numerusform>
            <numerusform>Verfahren von %n Tensoren ändern</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Reset %n tensor(s) to the preset</source>
        <translation>
            <numerusform>%n Tensor auf die Vorlage zurücksetzen</numerusform>
            <numerusform>%n Tensoren auf die Vorlage zurücksetzen</numerusform>
        </translation>
    </message>
    <message>
        <source>Set preset %1</source>
        <translation>Vorlage %1 nehmen</translation>
    </message>
    <message>
        <source>Set all tensors to %1</source>
        <translation>Alle Tensoren auf %1 setzen</translation>
    </message>
    <message>
        <source>Duplicate recipe “%1”</source>
        <translation>Rezept „%1“ verdoppeln</translation>
    </message>
    <message>
        <source>Rename recipe to “%1”</source>
        <translation>Rezept in „%1“ umbenennen</translation>
    </message>
    <message>
        <source>Delete recipe “%1”</source>
        <translation>Rezept „%1“ löschen</translation>
    </message>
    <message>
        <source>Fitted</source>
        <translation>Angepasst</translation>
    </message>
    <message>
        <source>Quantize without steps before</source>
        <translation>Ohne Schritte davor quantisieren</translation>
    </message>
    <message numerus="yes">
        <source>Set %n step(s) before quantizing</source>
        <translation>
            <numerusform>%n Schritt vor dem Quantisieren setzen</numerusform>
            <numerusform>%n Schritte vor dem Quantisieren setzen</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ww::ExportController</name>
    <message>
        <source>Exporting %1</source>
        <translation>%1 wird exportiert</translation>
    </message>
    <message>
        <source>%1 was not written.</source>
        <translation>%1 wurde nicht geschrieben.</translation>
    </message>
    <message>
        <source>%1 is ready.</source>
        <translation>%1 ist fertig.</translation>
    </message>
    <message>
        <source>%1 in %2.</source>
        <comment>size, time</comment>
        <translation>%1 in %2.</translation>
    </message>
    <message>
        <source>Show in Folder</source>
        <translation>Im Ordner zeigen</translation>
    </message>
    <message numerus="yes">
        <source>%1, %n window(s) of %2 tokens</source>
        <comment>text</comment>
        <translation>
            <numerusform>%1, %n Fenster mit %2 Token</numerusform>
            <numerusform>%1, %n Fenster mit %2 Token</numerusform>
        </translation>
    </message>
    <message>
        <source>Writing the model card</source>
        <translation>Modellkarte schreiben</translation>
    </message>
    <message>
        <source>The model card was not written.</source>
        <translation>Die Modellkarte wurde nicht geschrieben.</translation>
    </message>
    <message numerus="yes">
        <source>Relative squared error of the weights of %n tensor(s): %1 by the method, %2 as stored.</source>
        <translation>
            <numerusform>Relativer quadratischer Fehler der Gewichte von %n Tensor: %1 durch das Verfahren, %2 wie gespeichert.</numerusform>
            <numerusform>Relativer quadratischer Fehler der Gewichte von %n Tensoren: %1 durch das Verfahren, %2 wie gespeichert.</numerusform>
        </translation>
    </message>
    <message>
        <source>, inputs rounded as llama.cpp does</source>
        <translation>, Eingaben gerundet wie in llama.cpp</translation>
    </message>
</context>
<context>
    <name>ww::ExportDialog</name>
    <message>
        <source>Export</source>
        <translation>Exportieren</translation>
    </message>
    <message>
        <source>Each checked recipe becomes one GGUF file that llama.cpp and programs built on it run unchanged.</source>
        <translation>Jedes angekreuzte Rezept wird zu einer GGUF-Datei, die llama.cpp und darauf gebaute Programme unverändert ausführen.</translation>
    </message>
    <message>
        <source>Recipes to export</source>
        <translation>Rezepte zum Exportieren</translation>
    </message>
    <message>
        <source>Recipe</source>
        <translation>Rezept</translation>
    </message>
    <message>
        <source>File name</source>
        <translation>Dateiname</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Zustand</translation>
    </message>
    <message>
        <source>&amp;Folder:</source>
        <translation>&amp;Ordner:</translation>
    </message>
    <message>
        <source>&amp;Browse…</source>
        <translation>&amp;Durchsuchen …</translation>
    </message>
    <message>
        <source>&amp;Export</source>
        <translation>&amp;Exportieren</translation>
    </message>
    <message>
        <source>Cancel &amp;Work</source>
        <translation>&amp;Abbrechen</translation>
    </message>
    <message>
        <source>&amp;Show in Folder</source>
        <translation>Im Ordner &amp;zeigen</translation>
    </message>
    <message>
        <source>A file needs a name.</source>
        <translation>Eine Datei braucht einen Namen.</translation>
    </message>
    <message>
        <source>Two recipes have the same file name %1.</source>
        <translation>Zwei Rezepte haben denselben Dateinamen %1.</translation>
    </message>
    <message>
        <source>%1 is the model that is open. Choose another name or folder.</source>
        <translation>%1 ist das geöffnete Modell. Wählen Sie einen anderen Namen oder Ordner.</translation>
    </message>
    <message>
        <source>%1 exists and will be replaced.</source>
        <translation>%1 gibt es schon und wird ersetzt.</translation>
    </message>
    <message>
        <source>The folder %1 does not exist.</source>
        <translation>Den Ordner %1 gibt es nicht.</translation>
    </message>
    <message>
        <source>You may not write into %1. Choose another folder.</source>
        <translation>In %1 dürfen Sie nicht schreiben. Wählen Sie einen anderen Ordner.</translation>
    </message>
    <message>
        <source>Needed: %1. Free there: %2.</source>
        <translation>Nötig: %1. Dort frei: %2.</translation>
    </message>
    <message>
        <source>There is too little space: %1 are missing.</source>
        <translation>Der Platz reicht nicht: Es fehlen %1.</translation>
    </message>
    <message numerus="yes">
        <source>And %n more; the table of tensors marks them.</source>
        <translation>
            <numerusform>Und %n weitere; die Tensortabelle kennzeichnet sie.</numerusform>
            <numerusform>Und %n weitere; die Tensortabelle kennzeichnet sie.</numerusform>
        </translation>
    </message>
    <message>
        <source>Choose a Folder</source>
        <translation>Ordner wählen</translation>
    </message>
    <message>
        <source>&amp;Model card</source>
        <translation>&amp;Modellkarte</translation>
    </message>
    <message>
        <source>README.md in the folder: what the model is, a table of the files, and what was measured</source>
        <translation>README.md im Ordner: was das Modell ist, eine Tabelle der Dateien und was gemessen wurde</translation>
    </message>
    <message>
        <source>&amp;Recipe</source>
        <translation>&amp;Rezept</translation>
    </message>
    <message>
        <source>NAME.recipe.json beside each file, to make it again</source>
        <translation>NAME.recipe.json neben jeder Datei, um sie wieder herzustellen</translation>
    </message>
    <message>
        <source>&amp;Importance matrix</source>
        <translation>&amp;Wichtigkeitsmatrix</translation>
    </message>
    <message>
        <source>NAME.imatrix.gguf beside each file, for llama.cpp and others</source>
        <translation>NAME.imatrix.gguf neben jeder Datei, für llama.cpp und andere</translation>
    </message>
    <message>
        <source>Also write:</source>
        <translation>Auch schreiben:</translation>
    </message>
    <message>
        <source>&amp;Parts of at most:</source>
        <translation>&amp;Teile von höchstens:</translation>
    </message>
    <message>
        <source>one file</source>
        <translation>eine Datei</translation>
    </message>
    <message>
        <source>Large models are often shared in parts; programs open them by the first one</source>
        <translation>Große Modelle werden oft in Teilen weitergegeben; Programme öffnen sie über den ersten</translation>
    </message>
    <message>
        <source>&amp;About the Model…</source>
        <translation>Ü&amp;ber das Modell …</translation>
    </message>
    <message>
        <source>Name, license, chat template and other facts that exported files carry</source>
        <translation>Name, Lizenz, Chat-Vorlage und andere Angaben in exportierten Dateien</translation>
    </message>
    <message>
        <source>The steps of this recipe are being run; open this window again then.</source>
        <translation>Die Schritte dieses Rezepts laufen gerade; öffnen Sie dieses Fenster danach noch einmal.</translation>
    </message>
    <message>
        <source>What &amp;analysis methods choose is stored:</source>
        <translation>Was &amp;Analyseverfahren wählen, wird gespeichert:</translation>
    </message>
    <message>
        <source>rounded again to the formats of the recipe</source>
        <translation>noch einmal gerundet in den Formaten des Rezepts</translation>
    </message>
    <message>
        <source>as F16, with nothing lost on top</source>
        <translation>als F16, ohne weiteren Verlust</translation>
    </message>
    <message>
        <source>as the nearest format, by llama.cpp’s search</source>
        <translation>im nächstliegenden Format, mit der Suche von llama.cpp</translation>
    </message>
    <message>
        <source>No GGUF file holds the numbers of these methods themselves. Both losses are shown when the file is written.</source>
        <translation>Keine GGUF-Datei kann die Zahlen dieser Verfahren selbst halten. Beide Verluste werden gezeigt, wenn die Datei geschrieben ist.</translation>
    </message>
</context>
<context>
    <name>ww::FormatDelegate</name>
    <message>
        <source>Format</source>
        <translation>Format</translation>
    </message>
</context>
<context>
    <name>ww::FormatGroups</name>
    <message>
        <source>Float</source>
        <translation>Gleitkomma</translation>
    </message>
    <message>
        <source>K formats</source>
        <translation>K-Formate</translation>
    </message>
    <message>
        <source>Plain blocks</source>
        <translation>Einfache Blöcke</translation>
    </message>
    <message>
        <source>IQ formats (codebooks)</source>
        <translation>IQ-Formate (Codebücher)</translation>
    </message>
    <message>
        <source>Ternary</source>
        <translation>Ternär</translation>
    </message>
    <message>
        <source>4-bit float</source>
        <translation>4-Bit-Gleitkomma</translation>
    </message>
    <message>
        <source>One and two bits</source>
        <translation>Ein und zwei Bits</translation>
    </message>
    <message>
        <source>Other</source>
        <translation>Sonstige</translation>
    </message>
    <message>
        <source>%1 — %2</source>
        <comment>format, bits per weight</comment>
        <translation>%1 — %2</translation>
    </message>
    <message>
        <source>%1, needs importance</source>
        <comment>format with its bits per weight</comment>
        <translation>%1, braucht Wichtigkeit</translation>
    </message>
</context>
<context>
    <name>ww::FormatPalette</name>
    <message>
        <source>Formats</source>
        <translation>Formate</translation>
    </message>
    <message>
        <source>%1, %2</source>
        <comment>format, bits per weight</comment>
        <translation>%1, %2</translation>
    </message>
    <message>
        <source>Select tensors first; then a format chosen here applies to them.</source>
        <translation>Wählen Sie zuerst Tensoren aus; dann gilt ein hier gewähltes Format für sie.</translation>
    </message>
    <message numerus="yes">
        <source>Applies to %n selected tensor(s).</source>
        <translation>
            <numerusform>Gilt für %n ausgewählten Tensor.</numerusform>
            <numerusform>Gilt für %n ausgewählte Tensoren.</numerusform>
        </translation>
    </message>
    <message>
        <source>Needs an importance matrix.</source>
        <translation>Braucht eine Wichtigkeitsmatrix.</translation>
    </message>
</context>
<context>
    <name>ww::FormatText</name>
    <message>
        <source>as is</source>
        <translation>wie vorhanden</translation>
    </message>
    <message>
        <source>%1 B</source>
        <translation>%1 B</translation>
    </message>
    <message>
        <source>%1 KiB</source>
        <translation>%1 KiB</translation>
    </message>
    <message>
        <source>%1 MiB</source>
        <translation>%1 MiB</translation>
    </message>
    <message>
        <source>%1 GiB</source>
        <translation>%1 GiB</translation>
    </message>
    <message>
        <source>%1 TiB</source>
        <translation>%1 TiB</translation>
    </message>
    <message>
        <source>%1 bpw</source>
        <translation>%1 bpw</translation>
    </message>
    <message>
        <source>%1 %</source>
        <translation>%1 %</translation>
    </message>
    <message>
        <source>%1 T</source>
        <comment>trillions of parameters</comment>
        <translation>%1 Bio.</translation>
    </message>
    <message>
        <source>%1 B</source>
        <comment>billions of parameters</comment>
        <translation>%1 Mrd.</translation>
    </message>
    <message>
        <source>%1 M</source>
        <comment>millions of parameters</comment>
        <translation>%1 Mio.</translation>
    </message>
    <message>
        <source>%1 K</source>
        <comment>thousands of parameters</comment>
        <translation>%1 Tsd.</translation>
    </message>
    <message>
        <source>%1 s</source>
        <translation>%1 s</translation>
    </message>
    <message>
        <source>%1 min</source>
        <translation>%1 min</translation>
    </message>
    <message>
        <source>%1 min %2 s</source>
        <translation>%1 min %2 s</translation>
    </message>
    <message>
        <source>%1 h %2 min</source>
        <translation>%1 h %2 min</translation>
    </message>
    <message>
        <source>%1 left</source>
        <translation>noch %1</translation>
    </message>
    <message>
        <source>%1 ± %2</source>
        <translation>%1 ± %2</translation>
    </message>
    <message>
        <source>Token embedding</source>
        <translation>Token-Einbettung</translation>
    </message>
    <message>
        <source>Output projection</source>
        <translation>Ausgabeprojektion</translation>
    </message>
    <message>
        <source>Output norm</source>
        <translation>Ausgabenorm</translation>
    </message>
    <message>
        <source>Position embedding</source>
        <translation>Positionseinbettung</translation>
    </message>
    <message>
        <source>Attention norm</source>
        <translation>Aufmerksamkeitsnorm</translation>
    </message>
    <message>
        <source>Fused attention input</source>
        <translation>Zusammengefasster Aufmerksamkeitseingang</translation>
    </message>
    <message>
        <source>Attention query</source>
        <translation>Aufmerksamkeit: Anfrage</translation>
    </message>
    <message>
        <source>Attention key</source>
        <translation>Aufmerksamkeit: Schlüssel</translation>
    </message>
    <message>
        <source>Attention value</source>
        <translation>Aufmerksamkeit: Wert</translation>
    </message>
    <message>
        <source>Attention output</source>
        <translation>Aufmerksamkeit: Ausgabe</translation>
    </message>
    <message>
        <source>Query norm</source>
        <translation>Anfragenorm</translation>
    </message>
    <message>
        <source>Key norm</source>
        <translation>Schlüsselnorm</translation>
    </message>
    <message>
        <source>Norm after attention</source>
        <translation>Norm nach der Aufmerksamkeit</translation>
    </message>
    <message>
        <source>Feed-forward norm</source>
        <translation>Feed-forward-Norm</translation>
    </message>
    <message>
        <source>Expert router</source>
        <translation>Expertenverteiler</translation>
    </message>
    <message>
        <source>Feed-forward gate</source>
        <translation>Feed-forward: Tor</translation>
    </message>
    <message>
        <source>Feed-forward up</source>
        <translation>Feed-forward: aufwärts</translation>
    </message>
    <message>
        <source>Feed-forward down</source>
        <translation>Feed-forward: abwärts</translation>
    </message>
    <message>
        <source>Experts&apos; gate</source>
        <translation>Experten: Tor</translation>
    </message>
    <message>
        <source>Experts&apos; up</source>
        <translation>Experten: aufwärts</translation>
    </message>
    <message>
        <source>Experts&apos; down</source>
        <translation>Experten: abwärts</translation>
    </message>
    <message>
        <source>Shared expert&apos;s gate</source>
        <translation>Gemeinsamer Experte: Tor</translation>
    </message>
    <message>
        <source>Shared expert&apos;s up</source>
        <translation>Gemeinsamer Experte: aufwärts</translation>
    </message>
    <message>
        <source>Shared expert&apos;s down</source>
        <translation>Gemeinsamer Experte: abwärts</translation>
    </message>
    <message>
        <source>Norm after feed-forward</source>
        <translation>Norm nach dem Feed-forward</translation>
    </message>
    <message>
        <source>Bias</source>
        <translation>Bias</translation>
    </message>
    <message>
        <source>Other</source>
        <translation>Sonstige</translation>
    </message>
</context>
<context>
    <name>ww::HistogramPlot</name>
    <message>
        <source>Histogram</source>
        <translation>Histogramm</translation>
    </message>
    <message>
        <source>number of values</source>
        <translation>Anzahl der Werte</translation>
    </message>
    <message>
        <source>%1 … %2</source>
        <comment>range of values</comment>
        <translation>%1 … %2</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <comment>series: count</comment>
        <translation>%1: %2</translation>
    </message>
    <message>
        <source>%1: %2 values from %3 to %4, most often near %5.</source>
        <translation>%1: %2 Werte von %3 bis %4, am häufigsten nahe %5.</translation>
    </message>
</context>
<context>
    <name>ww::InputsPage</name>
    <message>
        <source>Inputs of %1</source>
        <translation>Eingaben von %1</translation>
    </message>
    <message>
        <source>Select a tensor to see what goes into it.</source>
        <translation>Wählen Sie einen Tensor, um zu sehen, was in ihn hineingeht.</translation>
    </message>
    <message>
        <source>The model reads the text up to this tensor…</source>
        <translation>Das Modell liest den Text bis zu diesem Tensor …</translation>
    </message>
    <message>
        <source>input value</source>
        <translation>Eingabewert</translation>
    </message>
    <message>
        <source>as computed</source>
        <translation>wie berechnet</translation>
    </message>
    <message numerus="yes">
        <source>Inputs at %n position(s) of %1, largest magnitude %2 at a standard deviation of %3.</source>
        <translation>
            <numerusform>Eingaben an %n Stelle von %1, größter Betrag %2 bei einer Standardabweichung von %3.</numerusform>
            <numerusform>Eingaben an %n Stellen von %1, größter Betrag %2 bei einer Standardabweichung von %3.</numerusform>
        </translation>
    </message>
    <message>
        <source>%1 rounds them: relative error %2 (measured).</source>
        <translation>%1 rundet sie: relativer Fehler %2 (gemessen).</translation>
    </message>
    <message>
        <source>%1 leaves them alone; choose a method for weights and inputs, such as W8A8, to see them rounded.</source>
        <translation>%1 lässt sie, wie sie sind; wählen Sie ein Verfahren für Gewichte und Eingaben wie W8A8, um sie gerundet zu sehen.</translation>
    </message>
</context>
<context>
    <name>ww::InspectorPanel</name>
    <message>
        <source>F&amp;ormat:</source>
        <translation>F&amp;ormat:</translation>
    </message>
    <message>
        <source>Format of the selected tensors</source>
        <translation>Format der ausgewählten Tensoren</translation>
    </message>
    <message>
        <source>Met&amp;hod:</source>
        <translation>&amp;Verfahren:</translation>
    </message>
    <message>
        <source>Method of the selected tensors</source>
        <translation>Verfahren der ausgewählten Tensoren</translation>
    </message>
    <message>
        <source>Reset</source>
        <translation>Zurücksetzen</translation>
    </message>
    <message>
        <source>Let the preset decide about the selected tensors again</source>
        <translation>Über die ausgewählten Tensoren wieder die Vorlage entscheiden lassen</translation>
    </message>
    <message>
        <source>Views of the selected tensor</source>
        <translation>Ansichten des ausgewählten Tensors</translation>
    </message>
    <message>
        <source>Histogram</source>
        <translation>Histogramm</translation>
    </message>
    <message>
        <source>Error</source>
        <translation>Fehler</translation>
    </message>
    <message>
        <source>Rate–Distortion</source>
        <translation>Rate–Verzerrung</translation>
    </message>
    <message>
        <source>Numbers</source>
        <translation>Zahlen</translation>
    </message>
    <message>
        <source>Shape</source>
        <translation>Form</translation>
    </message>
    <message>
        <source>Columns × rows: a row is what one output of the matrix is made of</source>
        <translation>Spalten × Zeilen: Aus einer Zeile entsteht ein Ausgabewert der Matrix</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>Bytes in the exported file</source>
        <translation>Bytes in der exportierten Datei</translation>
    </message>
    <message>
        <source>Bits per weight</source>
        <translation>Bits je Gewicht</translation>
    </message>
    <message>
        <source>Size over the number of weights</source>
        <translation>Größe geteilt durch die Zahl der Gewichte</translation>
    </message>
    <message>
        <source>Relative error</source>
        <translation>Relativer Fehler</translation>
    </message>
    <message>
        <source>‖w−q‖ / ‖w‖: how far the quantized weights are from the original ones</source>
        <translation>‖w−q‖ / ‖w‖: wie weit die quantisierten Gewichte von den ursprünglichen entfernt sind</translation>
    </message>
    <message>
        <source>RMS error</source>
        <translation>RMS-Fehler</translation>
    </message>
    <message>
        <source>Root of the mean squared difference</source>
        <translation>Wurzel der mittleren quadratischen Abweichung</translation>
    </message>
    <message>
        <source>Largest error</source>
        <translation>Größter Fehler</translation>
    </message>
    <message>
        <source>Largest absolute difference of a single weight</source>
        <translation>Größte absolute Abweichung eines einzelnen Gewichts</translation>
    </message>
    <message>
        <source>Cosine similarity</source>
        <translation>Kosinus-Ähnlichkeit</translation>
    </message>
    <message>
        <source>1 when quantized and original weights point in the same direction</source>
        <translation>1, wenn quantisierte und ursprüngliche Gewichte in dieselbe Richtung zeigen</translation>
    </message>
    <message>
        <source>Signal to noise</source>
        <translation>Signal zu Rauschen</translation>
    </message>
    <message>
        <source>10·log₁₀(Σw² / Σ(w−q)²)</source>
        <translation>10·log₁₀(Σw² / Σ(w−q)²)</translation>
    </message>
    <message>
        <source>Excess kurtosis</source>
        <translation>Überschuss-Wölbung</translation>
    </message>
    <message>
        <source>0 for a normal distribution; large values mean many outliers, which are hard to quantize</source>
        <translation>0 bei einer Normalverteilung; große Werte bedeuten viele Ausreißer, die schwer zu quantisieren sind</translation>
    </message>
    <message>
        <source>Mean</source>
        <translation>Mittelwert</translation>
    </message>
    <message>
        <source>Of the original weights</source>
        <translation>Der ursprünglichen Gewichte</translation>
    </message>
    <message>
        <source>Standard deviation</source>
        <translation>Standardabweichung</translation>
    </message>
    <message>
        <source>Range</source>
        <translation>Wertebereich</translation>
    </message>
    <message>
        <source>Smallest and largest original weight</source>
        <translation>Kleinstes und größtes ursprüngliches Gewicht</translation>
    </message>
    <message>
        <source>Nothing selected</source>
        <translation>Nichts ausgewählt</translation>
    </message>
    <message>
        <source>Select tensors on the layer map or in the table.</source>
        <translation>Wählen Sie Tensoren auf der Schichtenkarte oder in der Tabelle aus.</translation>
    </message>
    <message>
        <source>%1, stays %2</source>
        <comment>role, format</comment>
        <translation>%1, bleibt %2</translation>
    </message>
    <message>
        <source>%1, %2 → %3</source>
        <comment>role, format in the file, format chosen</comment>
        <translation>%1, %2 → %3</translation>
    </message>
    <message numerus="yes">
        <source>%n tensor(s) selected</source>
        <translation>
            <numerusform>%n Tensor ausgewählt</numerusform>
            <numerusform>%n Tensoren ausgewählt</numerusform>
        </translation>
    </message>
    <message>
        <source>%1 together; the plots show %2</source>
        <comment>size, tensor name</comment>
        <translation>zusammen %1; die Diagramme zeigen %2</translation>
    </message>
    <message>
        <source>Only weight matrices can be quantized; this stays as it is in the file.</source>
        <translation>Nur Gewichtsmatrizen lassen sich quantisieren; dies bleibt, wie es in der Datei ist.</translation>
    </message>
    <message>
        <source>mixed</source>
        <translation>gemischt</translation>
    </message>
    <message>
        <source>copied</source>
        <translation>kopiert</translation>
    </message>
    <message>
        <source>Select a tensor to see its weights.</source>
        <translation>Wählen Sie einen Tensor aus, um seine Gewichte zu sehen.</translation>
    </message>
    <message>
        <source>Looking at the weights…</source>
        <translation>Die Gewichte werden angesehen …</translation>
    </message>
    <message>
        <source>weight</source>
        <translation>Wert des Gewichts</translation>
    </message>
    <message>
        <source>original (%1)</source>
        <translation>Original (%1)</translation>
    </message>
    <message>
        <source>This tensor is copied bit by bit: no error.</source>
        <translation>Dieser Tensor wird Bit für Bit kopiert: kein Fehler.</translation>
    </message>
    <message>
        <source>quantized minus original</source>
        <translation>Quantisiert minus Original</translation>
    </message>
    <message>
        <source>Select a tensor to see what each format would do to it.</source>
        <translation>Wählen Sie einen Tensor aus, um zu sehen, was jedes Format aus ihm macht.</translation>
    </message>
    <message>
        <source>Trying every format…</source>
        <translation>Jedes Format wird probiert …</translation>
    </message>
    <message>
        <source>Relative error %1, measured on all weights.</source>
        <translation>Relativer Fehler %1, an allen Gewichten gemessen.</translation>
    </message>
    <message>
        <source>Computed from all weights of the tensor</source>
        <translation>Aus allen Gewichten des Tensors berechnet</translation>
    </message>
    <message>
        <source>%1 dB</source>
        <translation>%1 dB</translation>
    </message>
    <message>
        <source>no error</source>
        <translation>kein Fehler</translation>
    </message>
    <message>
        <source>%1 to %2</source>
        <comment>smallest, largest</comment>
        <translation>%1 bis %2</translation>
    </message>
    <message>
        <source>Blocks</source>
        <translation>Blöcke</translation>
    </message>
    <message>
        <source>From &amp;row:</source>
        <translation>Ab &amp;Zeile:</translation>
    </message>
    <message>
        <source>First row of the block map</source>
        <translation>Erste Zeile der Blockkarte</translation>
    </message>
    <message>
        <source>Each square is a group of weights that share one scale; the bars are the whole numbers stored for the chosen group. Choose with a click or the arrow keys.</source>
        <translation>Jedes Quadrat ist eine Gruppe von Gewichten mit gemeinsamer Skala; die Balken sind die ganzen Zahlen, die für die gewählte Gruppe gespeichert sind. Wählen Sie mit Klick oder Pfeiltasten.</translation>
    </message>
    <message>
        <source>Select a tensor to see its blocks.</source>
        <translation>Wählen Sie einen Tensor, um seine Blöcke zu sehen.</translation>
    </message>
    <message>
        <source>Making the blocks…</source>
        <translation>Die Blöcke werden erzeugt …</translation>
    </message>
    <message>
        <source>Formats that need an importance matrix were tried with equal importance.</source>
        <translation>Formate, die eine Wichtigkeitsmatrix brauchen, wurden mit gleicher Wichtigkeit versucht.</translation>
    </message>
    <message>
        <source>Options of the method</source>
        <translation>Einstellungen des Verfahrens</translation>
    </message>
    <message>
        <source>It cannot make %1.</source>
        <comment>method, format</comment>
        <translation>Es kann %1 nicht herstellen.</translation>
    </message>
    <message>
        <source>Analysis: the values of %1, stored as %2.</source>
        <translation>Analyse: die Werte von %1, gespeichert als %2.</translation>
    </message>
    <message>
        <source>Another MiB here would lower the KL divergence by %1 (predicted).</source>
        <translation>Ein weiteres MiB würde hier die KL-Divergenz um %1 senken (vorhergesagt).</translation>
    </message>
    <message>
        <source>Another MiB here would lower the damage by %1 (estimated from weight errors).</source>
        <translation>Ein weiteres MiB würde hier den Schaden um %1 senken (aus Gewichtsfehlern geschätzt).</translation>
    </message>
    <message>
        <source>Compare Methods…</source>
        <translation>Verfahren vergleichen …</translation>
    </message>
    <message>
        <source>One scale for %1 weights. Color: 0 (dark) to %2</source>
        <comment>group length, largest scale</comment>
        <translation>Eine Skala für %1 Gewichte. Farbe: 0 (dunkel) bis %2</translation>
    </message>
    <message>
        <source>Inputs</source>
        <translation>Eingaben</translation>
    </message>
    <message>
        <source>Error of the outputs</source>
        <translation>Fehler der Ausgaben</translation>
    </message>
    <message>
        <source>Error of the weights</source>
        <translation>Fehler der Gewichte</translation>
    </message>
    <message>
        <source>Outputs: what reaches the next layer on the calibration text, which is what GPTQ looks at. Weights: every weight counts alike.</source>
        <translation>Ausgaben: was auf dem Kalibrierungstext in der nächsten Schicht ankommt; darauf achtet GPTQ. Gewichte: Jedes Gewicht zählt gleich.</translation>
    </message>
    <message>
        <source>What the curves show</source>
        <translation>Was die Kurven zeigen</translation>
    </message>
    <message>
        <source>Analysis methods</source>
        <translation>Analyseverfahren</translation>
    </message>
    <message>
        <source>Also what no GGUF file holds: uniform quantization with 2 to 8 bits, NF4, FP4, FP8, INT8</source>
        <translation>Auch, was keine GGUF-Datei halten kann: gleichmäßige Quantisierung mit 2 bis 8 Bits, NF4, FP4, FP8, INT8</translation>
    </message>
    <message>
        <source>Click a point to take its format and method</source>
        <translation>Ein Klick auf einen Punkt übernimmt sein Format und Verfahren</translation>
    </message>
    <message>
        <source>relative error</source>
        <translation>relativer Fehler</translation>
    </message>
    <message numerus="yes">
        <source>%n bit(s)</source>
        <translation>
            <numerusform>%n Bit</numerusform>
            <numerusform>%n Bits</numerusform>
        </translation>
    </message>
    <message>
        <source>Estimated from %1 of %2 rows. Click a point to take its format and method.</source>
        <translation>Geschätzt aus %1 von %2 Zeilen. Ein Klick auf einen Punkt übernimmt sein Format und Verfahren.</translation>
    </message>
    <message>
        <source>Measured on all rows. Click a point to take its format and method.</source>
        <translation>An allen Zeilen gemessen. Ein Klick auf einen Punkt übernimmt sein Format und Verfahren.</translation>
    </message>
    <message>
        <source>GPTQ and errors of the outputs need Gram matrices: use Calibrate.</source>
        <translation>GPTQ und Fehler der Ausgaben brauchen Gram-Matrizen: Kalibrieren Sie.</translation>
    </message>
    <message>
        <source>Compare methods with options of your choice on this tensor or on the whole model</source>
        <translation>Verfahren mit Einstellungen Ihrer Wahl an diesem Tensor oder am ganzen Modell vergleichen</translation>
    </message>
    <message>
        <source>output error</source>
        <translation>Fehler der Ausgaben</translation>
    </message>
    <message>
        <source>Shown as soon as the recipe can be used; see the message above.</source>
        <translation>Erscheint, sobald das Rezept verwendbar ist; siehe die Meldung oben.</translation>
    </message>
</context>
<context>
    <name>ww::JobIndicator</name>
    <message>
        <source>Show all jobs</source>
        <translation>Alle Aufträge zeigen</translation>
    </message>
    <message>
        <source>Cancel this job</source>
        <translation>Diesen Auftrag abbrechen</translation>
    </message>
    <message>
        <source>Cancel job</source>
        <translation>Auftrag abbrechen</translation>
    </message>
    <message>
        <source>%1, canceling</source>
        <translation>%1, wird abgebrochen</translation>
    </message>
    <message numerus="yes">
        <source>%1 (+%n waiting)</source>
        <translation>
            <numerusform>%1 (+%n wartet)</numerusform>
            <numerusform>%1 (+%n warten)</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ww::JobListDialog</name>
    <message>
        <source>Jobs</source>
        <translation>Aufträge</translation>
    </message>
    <message>
        <source>Log of the chosen job</source>
        <translation>Protokoll des gewählten Auftrags</translation>
    </message>
    <message>
        <source>Choose a job to see its log.</source>
        <translation>Wählen Sie einen Auftrag, um sein Protokoll zu sehen.</translation>
    </message>
    <message>
        <source>Cancel &amp;Job</source>
        <translation>Auftrag a&amp;bbrechen</translation>
    </message>
    <message>
        <source>Cancel &amp;All</source>
        <translation>&amp;Alle abbrechen</translation>
    </message>
</context>
<context>
    <name>ww::JobListModel</name>
    <message>
        <source>%1: %2</source>
        <translation>%1: %2</translation>
    </message>
    <message>
        <source>Canceling</source>
        <translation>wird abgebrochen</translation>
    </message>
    <message>
        <source>Job</source>
        <translation>Auftrag</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Zustand</translation>
    </message>
    <message>
        <source>Progress</source>
        <translation>Fortschritt</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>Zeit</translation>
    </message>
</context>
<context>
    <name>ww::LabelledValue</name>
    <message>
        <source>measured</source>
        <translation>gemessen</translation>
    </message>
    <message>
        <source>predicted</source>
        <translation>vorhergesagt</translation>
    </message>
    <message>
        <source>estimated</source>
        <translation>geschätzt</translation>
    </message>
    <message>
        <source>exact</source>
        <translation>genau</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <comment>caption: value</comment>
        <translation>%1: %2</translation>
    </message>
    <message>
        <source>%1: %2, %3</source>
        <comment>caption: value, measured or predicted</comment>
        <translation>%1: %2, %3</translation>
    </message>
</context>
<context>
    <name>ww::LayerMap</name>
    <message>
        <source>Color by:</source>
        <translation>Farbe nach:</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>Format</translation>
    </message>
    <message>
        <source>Bits per weight</source>
        <translation>Bits je Gewicht</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>Error</source>
        <translation>Fehler</translation>
    </message>
    <message>
        <source>Color by</source>
        <translation>Farbe nach</translation>
    </message>
    <message>
        <source>Select role %1</source>
        <translation>Rolle %1 auswählen</translation>
    </message>
    <message>
        <source>Select block %1</source>
        <translation>Block %1 auswählen</translation>
    </message>
    <message>
        <source>Select all in %1</source>
        <translation>Alles in %1 auswählen</translation>
    </message>
    <message>
        <source>Select all</source>
        <translation>Alles auswählen</translation>
    </message>
    <message>
        <source>Layer map</source>
        <translation>Schichtenkarte</translation>
    </message>
    <message>
        <source>block</source>
        <translation>Block</translation>
    </message>
    <message>
        <source>relative error %1</source>
        <translation>relativer Fehler %1</translation>
    </message>
    <message>
        <source>%1 of block %2</source>
        <translation>%1 von Block %2</translation>
    </message>
    <message numerus="yes">
        <source>%n tensor(s)</source>
        <translation>
            <numerusform>%n Tensor</numerusform>
            <numerusform>%n Tensoren</numerusform>
        </translation>
    </message>
    <message>
        <source>selected</source>
        <translation>ausgewählt</translation>
    </message>
    <message>
        <source>partly selected</source>
        <translation>teilweise ausgewählt</translation>
    </message>
    <message>
        <source>%1: %2, %3</source>
        <comment>tensor: format, size</comment>
        <translation>%1: %2, %3</translation>
    </message>
    <message numerus="yes">
        <source>and %n more</source>
        <translation>
            <numerusform>und %n weiterer</numerusform>
            <numerusform>und %n weitere</numerusform>
        </translation>
    </message>
    <message>
        <source>%1, unchanged</source>
        <comment>format</comment>
        <translation>%1, unverändert</translation>
    </message>
    <message>
        <source>%1 → %2</source>
        <comment>formats</comment>
        <translation>%1 → %2</translation>
    </message>
    <message>
        <source>%1, %2</source>
        <comment>bits per weight, size</comment>
        <translation>%1, %2</translation>
    </message>
    <message>
        <source>Relative error %1 (measured)</source>
        <translation>Relativer Fehler %1 (gemessen)</translation>
    </message>
    <message>
        <source>mixed</source>
        <translation>gemischt</translation>
    </message>
    <message>
        <source>≤ %1</source>
        <translation>≤ %1</translation>
    </message>
    <message>
        <source>≥ %1</source>
        <translation>≥ %1</translation>
    </message>
    <message>
        <source>Legend: %1</source>
        <translation>Legende: %1</translation>
    </message>
    <message>
        <source>Legend: dark is %1, bright is %2</source>
        <translation>Legende: dunkel ist %1, hell ist %2</translation>
    </message>
    <message>
        <source>not measured yet</source>
        <translation>noch nicht gemessen</translation>
    </message>
    <message>
        <source>Damage %1 (estimated)</source>
        <translation>Schaden %1 (geschätzt)</translation>
    </message>
    <message>
        <source>Damage</source>
        <translation>Schaden</translation>
    </message>
    <message>
        <source>Estimated part of the whole loss: the squared relative error of the weights</source>
        <translation>Geschätzter Anteil am ganzen Verlust: der quadrierte relative Fehler der Gewichte</translation>
    </message>
</context>
<context>
    <name>ww::MainWindow</name>
    <message>
        <source>&amp;File</source>
        <translation>&amp;Datei</translation>
    </message>
    <message>
        <source>Open &amp;Recent</source>
        <translation>&amp;Zuletzt geöffnet</translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation>&amp;Bearbeiten</translation>
    </message>
    <message>
        <source>&amp;Recipe</source>
        <translation>&amp;Rezept</translation>
    </message>
    <message>
        <source>&amp;Preset</source>
        <translation>&amp;Vorlage</translation>
    </message>
    <message>
        <source>&amp;Measure</source>
        <translation>&amp;Messen</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>&amp;Ansicht</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>&amp;Hilfe</translation>
    </message>
    <message>
        <source>Toolbar</source>
        <translation>Werkzeugleiste</translation>
    </message>
    <message>
        <source>Rec&amp;ipe:</source>
        <translation>Re&amp;zept:</translation>
    </message>
    <message>
        <source>Current recipe</source>
        <translation>Jetziges Rezept</translation>
    </message>
    <message>
        <source>The recipe that is shown and changed</source>
        <translation>Das Rezept, das gezeigt und geändert wird</translation>
    </message>
    <message>
        <source>Preset</source>
        <translation>Vorlage</translation>
    </message>
    <message>
        <source>Start the recipe from another preset; your own choices for single tensors stay</source>
        <translation>Das Rezept von einer anderen Vorlage ausgehen lassen; Ihre Wahl für einzelne Tensoren bleibt</translation>
    </message>
    <message>
        <source>Add a recipe</source>
        <translation>Ein Rezept hinzufügen</translation>
    </message>
    <message>
        <source>Load Recipe</source>
        <translation>Rezept laden</translation>
    </message>
    <message>
        <source>Recipes (*.json);;All files (*)</source>
        <translation>Rezepte (*.json);;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>The recipe could not be loaded.</source>
        <translation>Das Rezept konnte nicht geladen werden.</translation>
    </message>
    <message>
        <source>Load recipe %1</source>
        <translation>Rezept %1 laden</translation>
    </message>
    <message>
        <source>Save Recipe</source>
        <translation>Rezept speichern</translation>
    </message>
    <message>
        <source>Recipes (*.json)</source>
        <translation>Rezepte (*.json)</translation>
    </message>
    <message>
        <source>The recipe was not saved.</source>
        <translation>Das Rezept wurde nicht gespeichert.</translation>
    </message>
    <message>
        <source>Import Tensor Types</source>
        <translation>Tensortypen importieren</translation>
    </message>
    <message>
        <source>Texts (*.txt);;All files (*)</source>
        <translation>Texte (*.txt);;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>%1 could not be imported.</source>
        <translation>%1 konnte nicht importiert werden.</translation>
    </message>
    <message numerus="yes">
        <source>Import %n rule(s)</source>
        <translation>
            <numerusform>%n Regel importieren</numerusform>
            <numerusform>%n Regeln importieren</numerusform>
        </translation>
    </message>
    <message>
        <source>Export Tensor Types</source>
        <translation>Tensortypen exportieren</translation>
    </message>
    <message>
        <source>Texts (*.txt)</source>
        <translation>Texte (*.txt)</translation>
    </message>
    <message>
        <source>The tensor types were not saved.</source>
        <translation>Die Tensortypen wurden nicht gespeichert.</translation>
    </message>
    <message>
        <source>The weight errors of this recipe are all measured.</source>
        <translation>Die Gewichtsfehler dieses Rezepts sind alle gemessen.</translation>
    </message>
    <message>
        <source>The weight errors could not be measured.</source>
        <translation>Die Gewichtsfehler konnten nicht gemessen werden.</translation>
    </message>
    <message>
        <source>&amp;Clear List</source>
        <translation>Liste &amp;leeren</translation>
    </message>
    <message>
        <source>&amp;More Presets</source>
        <translation>&amp;Weitere Vorlagen</translation>
    </message>
    <message>
        <source>&amp;One Format Everywhere</source>
        <translation>&amp;Ein Format überall</translation>
    </message>
    <message>
        <source>Preset: %1</source>
        <translation>Vorlage: %1</translation>
    </message>
    <message>
        <source>%1[*] – Weightwright</source>
        <translation>%1[*] – Weightwright</translation>
    </message>
    <message>
        <source>&amp;Undo: %1</source>
        <translation>&amp;Rückgängig: %1</translation>
    </message>
    <message>
        <source>&amp;Undo</source>
        <translation>&amp;Rückgängig</translation>
    </message>
    <message>
        <source>&amp;Redo: %1</source>
        <translation>&amp;Wiederholen: %1</translation>
    </message>
    <message>
        <source>&amp;Redo</source>
        <translation>&amp;Wiederholen</translation>
    </message>
    <message>
        <source>This recipe does not work for this model.</source>
        <translation>Dieses Rezept passt nicht zu diesem Modell.</translation>
    </message>
    <message>
        <source>%1 (%2)</source>
        <comment>size, change in percent</comment>
        <translation>%1 (%2)</translation>
    </message>
    <message>
        <source>Exact size of the exported file; the model has %1</source>
        <translation>Genaue Größe der exportierten Datei; das Modell hat %1</translation>
    </message>
    <message>
        <source>Bits per weight: size of the exported file over %1 weights</source>
        <translation>Bits je Gewicht: Größe der exportierten Datei geteilt durch %1 Gewichte</translation>
    </message>
    <message>
        <source>PPL not measured yet</source>
        <translation>PPL noch nicht gemessen</translation>
    </message>
    <message>
        <source>Perplexity: use Measure</source>
        <translation>Perplexität: mit „Messen“</translation>
    </message>
    <message>
        <source>PPL %1 measured</source>
        <translation>PPL %1 gemessen</translation>
    </message>
    <message numerus="yes">
        <source>Perplexity on %1: %n window(s) of %2 tokens</source>
        <translation>
            <numerusform>Perplexität auf %1: %n Fenster von %2 Token</numerusform>
            <numerusform>Perplexität auf %1: %n Fenster von %2 Token</numerusform>
        </translation>
    </message>
    <message>
        <source>%1: %2</source>
        <comment>phase of a job, detail</comment>
        <translation>%1: %2</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>Öffnen</translation>
    </message>
    <message>
        <source>Models and projects (*.gguf *.wwproj *.safetensors config.json);;All files (*)</source>
        <translation>Modelle und Projekte (*.gguf *.wwproj *.safetensors config.json);;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>Save Project</source>
        <translation>Projekt speichern</translation>
    </message>
    <message>
        <source>Projects (*.wwproj)</source>
        <translation>Projekte (*.wwproj)</translation>
    </message>
    <message>
        <source>Find %1</source>
        <translation>%1 suchen</translation>
    </message>
    <message>
        <source>Models (*.gguf);;All files (*)</source>
        <translation>Modelle (*.gguf);;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>Rename Recipe</source>
        <translation>Rezept umbenennen</translation>
    </message>
    <message>
        <source>Name:</source>
        <translation>Name:</translation>
    </message>
    <message>
        <source>Change rules and options</source>
        <translation>Regeln und Optionen ändern</translation>
    </message>
    <message>
        <source>PPL %1 measured, %2 to the original</source>
        <translation>PPL %1 gemessen, %2 zum Original</translation>
    </message>
    <message>
        <source>Rename</source>
        <translation>Umbenennen</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>%1 – %2	%3, %4</source>
        <comment>preset, what it is good for, size, bits per weight</comment>
        <translation>%1 – %2	%3, %4</translation>
    </message>
    <message>
        <source>Importance Matrix</source>
        <translation>Wichtigkeitsmatrix</translation>
    </message>
    <message>
        <source>Importance matrices (*.gguf *.dat *.imatrix);;All files (*)</source>
        <translation>Wichtigkeitsmatrizen (*.gguf *.dat *.imatrix);;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>Importance: %1</source>
        <comment>text or file</comment>
        <translation>Wichtigkeit: %1</translation>
    </message>
    <message numerus="yes">
        <source>%n tensor(s) are quantized by the importance of their columns, from %1</source>
        <translation>
            <numerusform>%n Tensor wird nach der Wichtigkeit seiner Spalten quantisiert, aus %1</numerusform>
            <numerusform>%n Tensoren werden nach der Wichtigkeit ihrer Spalten quantisiert, aus %1</numerusform>
        </translation>
    </message>
    <message>
        <source>No preset</source>
        <translation>Keine Vorlage</translation>
    </message>
    <message>
        <source>KLD %1 ± %2 measured</source>
        <comment>value, standard error</comment>
        <translation>KLD %1 ± %2 gemessen</translation>
    </message>
    <message>
        <source>KL divergence from the original on %1, in nats per token</source>
        <translation>KL-Divergenz zum Original auf %1, in Nat je Token</translation>
    </message>
    <message>
        <source>KLD %1 (%2 to %3) predicted</source>
        <comment>value, lower and upper end</comment>
        <translation>KLD %1 (%2 bis %3) vorhergesagt</translation>
    </message>
    <message>
        <source>So far from the original the figure only tells which of two recipes is better.</source>
        <translation>So weit vom Original sagt die Zahl nur, welches von zwei Rezepten besser ist.</translation>
    </message>
    <message>
        <source>KL divergence from the original, predicted from probes of single tensors; the measured value lies between the two ends in about nine of ten cases.</source>
        <translation>KL-Divergenz vom Original, vorhergesagt aus Proben einzelner Tensoren; der gemessene Wert liegt in etwa neun von zehn Fällen zwischen den beiden Enden.</translation>
    </message>
    <message>
        <source>formats by weight error (estimated)</source>
        <translation>Formate nach Gewichtsfehler (geschätzt)</translation>
    </message>
    <message>
        <source>Not calibrated: formats are judged by the errors they make in the weights. Calibrate with probes for a prediction.</source>
        <translation>Nicht kalibriert: Formate werden nach ihren Fehlern in den Gewichten beurteilt. Mit Sonden kalibrieren, um eine Vorhersage zu bekommen.</translation>
    </message>
    <message>
        <source>Save Report</source>
        <translation>Bericht speichern</translation>
    </message>
    <message>
        <source>Web pages (*.html)</source>
        <translation>Webseiten (*.html)</translation>
    </message>
    <message>
        <source>%1 is ready.</source>
        <translation>%1 ist fertig.</translation>
    </message>
    <message>
        <source>Show in Folder</source>
        <translation>Im Ordner zeigen</translation>
    </message>
    <message>
        <source>The report was not written.</source>
        <translation>Der Bericht wurde nicht geschrieben.</translation>
    </message>
    <message>
        <source>Run Again</source>
        <translation>Noch einmal</translation>
    </message>
    <message>
        <source>The steps of this recipe were stopped.</source>
        <translation>Die Schritte dieses Rezepts wurden angehalten.</translation>
    </message>
    <message>
        <source>Until they are run the window shows the formats that are planned; nothing can be measured or exported.</source>
        <translation>Bis sie gelaufen sind, zeigt das Fenster die geplanten Formate; gemessen und exportiert werden kann nichts.</translation>
    </message>
    <message>
        <source>The steps of this recipe could not be run.</source>
        <translation>Die Schritte dieses Rezepts konnten nicht ausgeführt werden.</translation>
    </message>
    <message>
        <source>Change Steps…</source>
        <translation>Schritte ändern …</translation>
    </message>
    <message>
        <source>Until then the window shows the formats that are planned; nothing can be measured or exported.</source>
        <translation>Bis dahin zeigt das Fenster die geplanten Formate; gemessen und exportiert werden kann nichts.</translation>
    </message>
    <message>
        <source>This recipe waits for the calibration.</source>
        <translation>Dieses Rezept wartet auf die Kalibrierung.</translation>
    </message>
    <message>
        <source>This recipe needs a calibration: the model reads a text and notes what its layers see.</source>
        <translation>Dieses Rezept braucht eine Kalibrierung: Das Modell liest einen Text und hält fest, was seine Schichten sehen.</translation>
    </message>
    <message>
        <source>Calibrate with %1</source>
        <comment>name of a text</comment>
        <translation>Mit %1 kalibrieren</translation>
    </message>
    <message>
        <source>Other Text…</source>
        <translation>Anderer Text …</translation>
    </message>
    <message>
        <source>, inputs rounded as llama.cpp does</source>
        <translation>, Eingaben gerundet wie in llama.cpp</translation>
    </message>
</context>
<context>
    <name>ww::MeasureController</name>
    <message>
        <source>Original</source>
        <translation>Original</translation>
    </message>
    <message>
        <source>Measuring %1</source>
        <translation>%1 wird gemessen</translation>
    </message>
    <message>
        <source>%1 could not be measured.</source>
        <translation>%1 konnte nicht gemessen werden.</translation>
    </message>
    <message>
        <source>The recipe was changed: measuring again with the new one.</source>
        <translation>Das Rezept wurde geändert: Es wird mit dem neuen noch einmal gemessen.</translation>
    </message>
    <message>
        <source>%1 will be measured as soon as its steps have been run.</source>
        <translation>%1 wird gemessen, sobald seine Schritte gelaufen sind.</translation>
    </message>
    <message>
        <source>%1 was measured on the text that its steps read.</source>
        <translation>%1 wurde an dem Text gemessen, den seine Schritte gelesen haben.</translation>
    </message>
    <message>
        <source>It looks better than it is. Measure on another text than %1.</source>
        <translation>Es sieht besser aus, als es ist. Messen Sie an einem anderen Text als %1.</translation>
    </message>
</context>
<context>
    <name>ww::MeasureDialog</name>
    <message>
        <source>Measure Presets</source>
        <translation>Vorlagen messen</translation>
    </message>
    <message>
        <source>Perplexity tells how well a model predicts a text; lower is better. The original is measured as well, so that the loss can be seen.</source>
        <translation>Die Perplexität sagt, wie gut ein Modell einen Text vorhersagt; weniger ist besser. Das Original wird mitgemessen, damit der Verlust zu sehen ist.</translation>
    </message>
    <message>
        <source>&amp;What to measure:</source>
        <translation>&amp;Was gemessen wird:</translation>
    </message>
    <message>
        <source>&amp;Measure</source>
        <translation>&amp;Messen</translation>
    </message>
    <message>
        <source>, measured: %1</source>
        <translation>, gemessen: %1</translation>
    </message>
    <message>
        <source>Original%1</source>
        <comment>followed by: , measured: 6.2</comment>
        <translation>Original%1</translation>
    </message>
    <message>
        <source>Recipe %1%2</source>
        <comment>name, followed by: , measured: 6.2</comment>
        <translation>Rezept %1%2</translation>
    </message>
    <message>
        <source>Preset %1, %2%3</source>
        <comment>name, size, followed by: , measured: 6.2</comment>
        <translation>Vorlage %1, %2%3</translation>
    </message>
    <message numerus="yes">
        <source>Estimated time for %n model(s): about %1, judged by the last measurement.</source>
        <translation>
            <numerusform>Geschätzte Zeit für %n Modell: etwa %1, nach der letzten Messung.</numerusform>
            <numerusform>Geschätzte Zeit für %n Modelle: etwa %1, nach der letzten Messung.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Estimated time for %n model(s): roughly %1, a guess until something was measured here.</source>
        <translation>
            <numerusform>Geschätzte Zeit für %n Modell: grob %1, geraten, bis hier etwas gemessen wurde.</numerusform>
            <numerusform>Geschätzte Zeit für %n Modelle: grob %1, geraten, bis hier etwas gemessen wurde.</numerusform>
        </translation>
    </message>
    <message>
        <source>The model was calibrated on this text: choose another one, or the result looks better than it is.</source>
        <translation>Mit diesem Text wurde das Modell kalibriert: Wählen Sie einen anderen, sonst sieht das Ergebnis besser aus, als es ist.</translation>
    </message>
    <message>
        <source>Measure</source>
        <translation>Messen</translation>
    </message>
    <message>
        <source>&amp;KL divergence as well: how far predictions move away from the original’s</source>
        <translation>Auch die &amp;KL-Divergenz: wie weit sich Vorhersagen von denen des Originals entfernen</translation>
    </message>
    <message>
        <source>Finer than perplexity: it needs far less text to tell two variants apart. Takes about twice as long, because the original reads along</source>
        <translation>Feiner als die Perplexität: Sie unterscheidet zwei Varianten mit viel weniger Text. Dauert etwa doppelt so lange, weil das Original mitliest</translation>
    </message>
    <message>
        <source>&amp;Inputs of layers:</source>
        <translation>&amp;Eingaben der Schichten:</translation>
    </message>
    <message>
        <source>exact, so that only the weights differ</source>
        <translation>genau, sodass nur die Gewichte sich unterscheiden</translation>
    </message>
    <message>
        <source>rounded, as llama.cpp computes on processors</source>
        <translation>gerundet, wie llama.cpp auf Prozessoren rechnet</translation>
    </message>
    <message>
        <source>llama.cpp rounds the inputs of a layer to 8 bits before it multiplies them with quantized weights. With rounded inputs the figures come closer to what its users see; the original is measured in the same way. Takes longer</source>
        <translation>llama.cpp rundet die Eingaben einer Schicht auf 8 Bits, bevor es sie mit quantisierten Gewichten multipliziert. Mit gerundeten Eingaben kommen die Zahlen dem näher, was dessen Benutzer sehen; das Original wird ebenso gemessen. Dauert länger</translation>
    </message>
    <message>
        <source>The steps of %1 read this text, too: choose another one, or the result looks better than it is.</source>
        <translation>Auch die Schritte von %1 lesen diesen Text: Wählen Sie einen anderen, sonst sieht das Ergebnis besser aus, als es ist.</translation>
    </message>
    <message>
        <source>The steps of %1 read another text, %2.</source>
        <comment>recipe, text</comment>
        <translation>Die Schritte von %1 lesen einen anderen Text, %2.</translation>
    </message>
</context>
<context>
    <name>ww::MessageBar</name>
    <message>
        <source>Messages</source>
        <translation>Meldungen</translation>
    </message>
    <message numerus="yes">
        <source>(%n older message(s))</source>
        <translation>
            <numerusform>(%n ältere Meldung)</numerusform>
            <numerusform>(%n ältere Meldungen)</numerusform>
        </translation>
    </message>
    <message>
        <source>Close this message</source>
        <translation>Diese Meldung schließen</translation>
    </message>
</context>
<context>
    <name>ww::MetadataDialog</name>
    <message>
        <source>About the Model</source>
        <translation>Über das Modell</translation>
    </message>
    <message>
        <source>Exported files carry these facts. The model that is open is not changed.</source>
        <translation>Exportierte Dateien enthalten diese Angaben. Das geöffnete Modell wird nicht verändert.</translation>
    </message>
    <message>
        <source>&amp;Name:</source>
        <translation>&amp;Name:</translation>
    </message>
    <message>
        <source>Name of the model</source>
        <translation>Name des Modells</translation>
    </message>
    <message>
        <source>&amp;Author:</source>
        <translation>&amp;Autor:</translation>
    </message>
    <message>
        <source>Who made it</source>
        <translation>Wer es gemacht hat</translation>
    </message>
    <message>
        <source>Or&amp;ganization:</source>
        <translation>Or&amp;ganisation:</translation>
    </message>
    <message>
        <source>&amp;Version:</source>
        <translation>&amp;Version:</translation>
    </message>
    <message>
        <source>&amp;License:</source>
        <translation>&amp;Lizenz:</translation>
    </message>
    <message>
        <source>Such as apache-2.0</source>
        <translation>Etwa apache-2.0</translation>
    </message>
    <message>
        <source>&amp;Home page:</source>
        <translation>&amp;Webseite:</translation>
    </message>
    <message>
        <source>&amp;Description:</source>
        <translation>&amp;Beschreibung:</translation>
    </message>
    <message>
        <source>One sentence</source>
        <translation>Ein Satz</translation>
    </message>
    <message>
        <source>not stated</source>
        <translation>nicht angegeben</translation>
    </message>
    <message>
        <source>yes</source>
        <translation>ja</translation>
    </message>
    <message>
        <source>no</source>
        <translation>nein</translation>
    </message>
    <message>
        <source>&amp;Begin token:</source>
        <translation>A&amp;nfangstoken:</translation>
    </message>
    <message>
        <source>Whether programs put the begin token before a text</source>
        <translation>Ob Programme das Anfangstoken vor einen Text setzen</translation>
    </message>
    <message>
        <source>&amp;End token:</source>
        <translation>&amp;Endtoken:</translation>
    </message>
    <message>
        <source>Whether programs put the end token behind a text</source>
        <translation>Ob Programme das Endtoken hinter einen Text setzen</translation>
    </message>
    <message>
        <source>&amp;Chat template:</source>
        <translation>&amp;Chat-Vorlage:</translation>
    </message>
    <message>
        <source>Jinja text that turns a conversation into a prompt; leave it empty for models that do not chat</source>
        <translation>Jinja-Text, der aus einem Gespräch eine Eingabe macht; leer lassen bei Modellen, die nicht chatten</translation>
    </message>
    <message>
        <source>As in the &amp;Model</source>
        <translation>Wie im &amp;Modell</translation>
    </message>
    <message>
        <source>Take the facts of the opened model again</source>
        <translation>Die Angaben des geöffneten Modells wieder übernehmen</translation>
    </message>
</context>
<context>
    <name>ww::MetadataModel</name>
    <message>
        <source>Key</source>
        <translation>Schlüssel</translation>
    </message>
    <message>
        <source>Type</source>
        <translation>Typ</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>Wert</translation>
    </message>
</context>
<context>
    <name>ww::MethodBenchDialog</name>
    <message>
        <source>After &amp;each step: scales, codes, polish</source>
        <translation>Nach &amp;jedem Schritt: Skalen, Codes, Nachbessern</translation>
    </message>
    <message>
        <source>Methods that work in steps are also measured after each of them, so that one sees which step helped.</source>
        <translation>Verfahren, die in Schritten arbeiten, werden auch nach jedem davon gemessen; so sieht man, welcher Schritt geholfen hat.</translation>
    </message>
    <message>
        <source>Compare Methods</source>
        <translation>Verfahren vergleichen</translation>
    </message>
    <message>
        <source>Every chosen method writes every chosen format; what that costs is measured on the same weights and the same text.</source>
        <translation>Jedes gewählte Verfahren schreibt jedes gewählte Format; was das kostet, wird an denselben Gewichten und demselben Text gemessen.</translation>
    </message>
    <message>
        <source>&amp;Compare</source>
        <translation>&amp;Vergleichen</translation>
    </message>
    <message>
        <source>&amp;Stop</source>
        <translation>&amp;Anhalten</translation>
    </message>
    <message>
        <source>Save &amp;Table…</source>
        <translation>&amp;Tabelle speichern …</translation>
    </message>
    <message>
        <source>&amp;Methods:</source>
        <translation>&amp;Verfahren:</translation>
    </message>
    <message>
        <source>&amp;Formats:</source>
        <translation>&amp;Formate:</translation>
    </message>
    <message>
        <source>Only &amp;tensors with:</source>
        <translation>Nur &amp;Tensoren mit:</translation>
    </message>
    <message>
        <source>all; or a pattern such as ffn_down</source>
        <translation>alle; oder ein Muster wie ffn_down</translation>
    </message>
    <message>
        <source>Run the &amp;whole model: KL divergence and perplexity</source>
        <translation>Das &amp;ganze Modell laufen lassen: KL-Divergenz und Perplexität</translation>
    </message>
    <message>
        <source>Results</source>
        <translation>Ergebnisse</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>Format</translation>
    </message>
    <message>
        <source>Method</source>
        <translation>Verfahren</translation>
    </message>
    <message>
        <source>bpw</source>
        <translation>bpw</translation>
    </message>
    <message>
        <source>Weights</source>
        <translation>Gewichte</translation>
    </message>
    <message>
        <source>Outputs</source>
        <translation>Ausgaben</translation>
    </message>
    <message>
        <source>Held out</source>
        <translation>Fremder Text</translation>
    </message>
    <message>
        <source>KLD</source>
        <translation>KLD</translation>
    </message>
    <message>
        <source>PPL</source>
        <translation>PPL</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>Zeit</translation>
    </message>
    <message>
        <source>Bits per weight of the tensors that changed</source>
        <translation>Bits je Gewicht der Tensoren, die sich änderten</translation>
    </message>
    <message>
        <source>Relative error of the weights</source>
        <translation>Relativer Fehler der Gewichte</translation>
    </message>
    <message>
        <source>Relative error of the layers&apos; outputs on the calibration text; needs Gram matrices from Calibrate</source>
        <translation>Relativer Fehler der Ausgaben der Schichten am Kalibriertext; braucht Gram-Matrizen von Kalibrieren</translation>
    </message>
    <message>
        <source>The same on the text for measuring, which no method has seen</source>
        <translation>Dasselbe am Text zum Messen, den kein Verfahren gesehen hat</translation>
    </message>
    <message>
        <source>KL divergence of the whole model from the original</source>
        <translation>KL-Divergenz des ganzen Modells vom Original</translation>
    </message>
    <message>
        <source>Perplexity of the whole model</source>
        <translation>Perplexität des ganzen Modells</translation>
    </message>
    <message>
        <source>To quantize and decode</source>
        <translation>Zum Quantisieren und Dekodieren</translation>
    </message>
    <message>
        <source>&amp;Plot:</source>
        <translation>&amp;Diagramm:</translation>
    </message>
    <message>
        <source>KL divergence</source>
        <translation>KL-Divergenz</translation>
    </message>
    <message>
        <source>Error of the weights</source>
        <translation>Fehler der Gewichte</translation>
    </message>
    <message>
        <source>Error of the outputs</source>
        <translation>Fehler der Ausgaben</translation>
    </message>
    <message>
        <source>Error of the outputs, held out</source>
        <translation>Fehler der Ausgaben, fremder Text</translation>
    </message>
    <message>
        <source>Choose methods and formats, then Compare.</source>
        <translation>Wählen Sie Verfahren und Formate, dann Vergleichen.</translation>
    </message>
    <message>
        <source>This figure was not measured. Choose another one above.</source>
        <translation>Dieser Wert wurde nicht gemessen. Wählen Sie oben einen anderen.</translation>
    </message>
    <message>
        <source>Comparing methods</source>
        <translation>Verfahren werden verglichen</translation>
    </message>
    <message>
        <source>The methods could not be compared.</source>
        <translation>Die Verfahren konnten nicht verglichen werden.</translation>
    </message>
    <message>
        <source>%1, %2: %3</source>
        <comment>format, method, why there are no figures</comment>
        <translation>%1, %2: %3</translation>
    </message>
    <message>
        <source>%1 ± %2</source>
        <comment>figure, standard error</comment>
        <translation>%1 ± %2</translation>
    </message>
    <message numerus="yes">
        <source>%1 of %n combination(s) done.</source>
        <translation>
            <numerusform>%1 von %n Kombination fertig.</numerusform>
            <numerusform>%1 von %n Kombinationen fertig.</numerusform>
        </translation>
    </message>
    <message>
        <source>Choose at least one method and one format.</source>
        <translation>Wählen Sie mindestens ein Verfahren und ein Format.</translation>
    </message>
    <message numerus="yes">
        <source>%n combination(s).</source>
        <translation>
            <numerusform>%n Kombination.</numerusform>
            <numerusform>%n Kombinationen.</numerusform>
        </translation>
    </message>
    <message>
        <source>Methods that are grey, and the errors of the outputs, need Calibrate with “Also for GPTQ” first.</source>
        <translation>Graue Verfahren und die Fehler der Ausgaben brauchen zuerst Kalibrieren mit „Auch für GPTQ“.</translation>
    </message>
    <message>
        <source>The model was calibrated on this text: choose another one, or the result looks better than it is.</source>
        <translation>Das Modell wurde an diesem Text kalibriert: Wählen Sie einen anderen, sonst sieht das Ergebnis besser aus, als es ist.</translation>
    </message>
    <message>
        <source>&amp;Inputs of layers:</source>
        <translation>&amp;Eingaben der Schichten:</translation>
    </message>
    <message>
        <source>exact</source>
        <translation>genau</translation>
    </message>
    <message>
        <source>rounded, as llama.cpp does</source>
        <translation>gerundet wie in llama.cpp</translation>
    </message>
    <message>
        <source>KL divergence and perplexity with the inputs of each layer as they are, or rounded to 8 bits as llama.cpp does on processors. Takes effect when the whole model is run; errors of weights and outputs are always of the weights alone</source>
        <translation>KL-Divergenz und Perplexität mit den Eingaben jeder Schicht, wie sie sind, oder auf 8 Bits gerundet, wie llama.cpp es auf Prozessoren tut. Wirkt, wenn das ganze Modell läuft; Fehler der Gewichte und der Ausgaben sind immer die der Gewichte allein</translation>
    </message>
</context>
<context>
    <name>ww::MethodDelegate</name>
    <message>
        <source>Method</source>
        <translation>Verfahren</translation>
    </message>
    <message>
        <source>%1 (analysis)</source>
        <comment>method that simulates a format</comment>
        <translation>%1 (Analyse)</translation>
    </message>
</context>
<context>
    <name>ww::MethodDialog</name>
    <message>
        <source>Options of %1</source>
        <comment>method</comment>
        <translation>Einstellungen von %1</translation>
    </message>
    <message>
        <source>%1:</source>
        <comment>name of an option</comment>
        <translation>%1:</translation>
    </message>
    <message>
        <source>&amp;Defaults</source>
        <translation>&amp;Vorgaben</translation>
    </message>
    <message>
        <source>The result is an ordinary file in the chosen format.</source>
        <translation>Das Ergebnis ist eine gewöhnliche Datei im gewählten Format.</translation>
    </message>
    <message>
        <source>For analysis: GGUF cannot hold this format (%1 for rows of %2), so its values are stored in the chosen format, which adds its own loss.</source>
        <translation>Zur Analyse: GGUF kann dieses Format (%1 bei Zeilen von %2) nicht speichern, daher werden seine Werte im gewählten Format abgelegt, das eigenen Verlust hinzufügt.</translation>
    </message>
    <message>
        <source>Takes effect only with: %1</source>
        <translation>Wirkt nur mit: %1</translation>
    </message>
</context>
<context>
    <name>ww::MethodTitle</name>
    <message>
        <source>%1 (%2)</source>
        <comment>method, options</comment>
        <translation>%1 (%2)</translation>
    </message>
    <message>
        <source>on</source>
        <translation>ein</translation>
    </message>
    <message>
        <source>off</source>
        <translation>aus</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <comment>option of a method: its choice</comment>
        <translation>%1: %2</translation>
    </message>
    <message>
        <source>%1 %2</source>
        <comment>option of a method, its number</comment>
        <translation>%1 %2</translation>
    </message>
    <message>
        <source>%1 below %2</source>
        <comment>option of a method, a number</comment>
        <translation>%1 unter %2</translation>
    </message>
    <message>
        <source>%1 above %2</source>
        <comment>option of a method, a number</comment>
        <translation>%1 über %2</translation>
    </message>
    <message>
        <source> or </source>
        <comment>between choices of options, one of which must hold</comment>
        <translation> oder </translation>
    </message>
    <message>
        <source> and </source>
        <comment>between choices of options that must all hold</comment>
        <translation> und </translation>
    </message>
</context>
<context>
    <name>ww::ParetoPlot</name>
    <message>
        <source>Size and perplexity</source>
        <translation>Größe und Perplexität</translation>
    </message>
    <message>
        <source>perplexity (lower is better)</source>
        <translation>Perplexität (weniger ist besser)</translation>
    </message>
    <message>
        <source>size in GiB</source>
        <translation>Größe in GiB</translation>
    </message>
    <message>
        <source>size in MiB</source>
        <translation>Größe in MiB</translation>
    </message>
    <message>
        <source>%1: %2, %3</source>
        <comment>original: perplexity, size</comment>
        <translation>%1: %2, %3</translation>
    </message>
    <message>
        <source>%1, %2</source>
        <comment>size, bits per weight</comment>
        <translation>%1, %2</translation>
    </message>
    <message>
        <source>perplexity %1 (measured)</source>
        <translation>Perplexität %1 (gemessen)</translation>
    </message>
    <message>
        <source>perplexity %1 (predicted)</source>
        <translation>Perplexität %1 (vorhergesagt)</translation>
    </message>
    <message>
        <source>%1 to the original</source>
        <translation>%1 zum Original</translation>
    </message>
    <message numerus="yes">
        <source>Size and perplexity of %n variant(s).</source>
        <translation>
            <numerusform>Größe und Perplexität von %n Variante.</numerusform>
            <numerusform>Größe und Perplexität von %n Varianten.</numerusform>
        </translation>
    </message>
    <message>
        <source>%1: %2, perplexity %3.</source>
        <translation>%1: %2, Perplexität %3.</translation>
    </message>
    <message>
        <source>Original: perplexity %1.</source>
        <translation>Original: Perplexität %1.</translation>
    </message>
    <message>
        <source>Size and KL divergence</source>
        <translation>Größe und KL-Divergenz</translation>
    </message>
    <message>
        <source>%1 ± %2</source>
        <comment>value, standard error</comment>
        <translation>%1 ± %2</translation>
    </message>
    <message>
        <source>KL divergence %1 (measured)</source>
        <translation>KL-Divergenz %1 (gemessen)</translation>
    </message>
    <message>
        <source>KL divergence %1 (predicted)</source>
        <translation>KL-Divergenz %1 (vorhergesagt)</translation>
    </message>
    <message numerus="yes">
        <source>Size and KL divergence of %n variant(s).</source>
        <translation>
            <numerusform>Größe und KL-Divergenz von %n Variante.</numerusform>
            <numerusform>Größe und KL-Divergenz von %n Varianten.</numerusform>
        </translation>
    </message>
    <message>
        <source>%1: %2, KL divergence %3.</source>
        <translation>%1: %2, KL-Divergenz %3.</translation>
    </message>
    <message>
        <source>KL divergence (lower is better)</source>
        <translation>KL-Divergenz (kleiner ist besser)</translation>
    </message>
</context>
<context>
    <name>ww::PlotWidget</name>
    <message>
        <source>Nothing to show yet.</source>
        <translation>Noch nichts zu zeigen.</translation>
    </message>
    <message>
        <source>Copy picture</source>
        <translation>Bild kopieren</translation>
    </message>
    <message>
        <source>Copy data as CSV</source>
        <translation>Daten als CSV kopieren</translation>
    </message>
    <message>
        <source>Save as PNG, SVG, PDF or CSV…</source>
        <translation>Als PNG, SVG, PDF oder CSV speichern …</translation>
    </message>
    <message>
        <source>Show all</source>
        <translation>Alles zeigen</translation>
    </message>
    <message>
        <source>Save plot</source>
        <translation>Diagramm speichern</translation>
    </message>
    <message>
        <source>Picture (*.png)</source>
        <translation>Bild (*.png)</translation>
    </message>
    <message>
        <source>Vector graphic (*.svg)</source>
        <translation>Vektorgrafik (*.svg)</translation>
    </message>
    <message>
        <source>PDF (*.pdf)</source>
        <translation>PDF (*.pdf)</translation>
    </message>
    <message>
        <source>Data (*.csv)</source>
        <translation>Daten (*.csv)</translation>
    </message>
    <message>
        <source>There is nothing to save yet.</source>
        <translation>Es gibt noch nichts zu speichern.</translation>
    </message>
    <message>
        <source>A plot can be saved as PNG, SVG, PDF or CSV; “%1” ends in none of these.</source>
        <translation>Ein Diagramm lässt sich als PNG, SVG, PDF oder CSV speichern; „%1“ endet auf keines davon.</translation>
    </message>
    <message>
        <source>“%1” could not be written. Check that the folder exists, that you may write there, and that the disk has room.</source>
        <translation>„%1“ konnte nicht geschrieben werden. Prüfen Sie, ob es den Ordner gibt, ob Sie dort schreiben dürfen und ob der Datenträger Platz hat.</translation>
    </message>
</context>
<context>
    <name>ww::ProjectController</name>
    <message>
        <source>Opening %1</source>
        <translation>%1 wird geöffnet</translation>
    </message>
    <message>
        <source>%1 could not be opened.</source>
        <translation>%1 konnte nicht geöffnet werden.</translation>
    </message>
    <message>
        <source>The model of this project could not be opened. The project is untouched.</source>
        <translation>Das Modell dieses Projekts konnte nicht geöffnet werden. Das Projekt ist unberührt.</translation>
    </message>
    <message>
        <source>Find the Model…</source>
        <translation>Modell suchen …</translation>
    </message>
    <message>
        <source>The work saved for this model could not be read.</source>
        <translation>Die für dieses Modell gespeicherte Arbeit konnte nicht gelesen werden.</translation>
    </message>
    <message>
        <source>It was put aside as %1.</source>
        <translation>Sie wurde als %1 beiseitegelegt.</translation>
    </message>
    <message>
        <source>Recipes and measurements of last time are back.</source>
        <translation>Rezepte und Messungen vom letzten Mal sind wieder da.</translation>
    </message>
    <message>
        <source>Start Over</source>
        <translation>Neu beginnen</translation>
    </message>
    <message>
        <source>The project could not be saved.</source>
        <translation>Das Projekt konnte nicht gespeichert werden.</translation>
    </message>
    <message>
        <source>Started over with one fresh recipe.</source>
        <translation>Mit einem frischen Rezept neu begonnen.</translation>
    </message>
    <message>
        <source>Bring Back</source>
        <translation>Zurückholen</translation>
    </message>
    <message>
        <source>The importance matrix of this project could not be read; it goes on without one.</source>
        <translation>Die Wichtigkeitsmatrix dieses Projekts konnte nicht gelesen werden; es geht ohne sie weiter.</translation>
    </message>
    <message>
        <source>The weights of this model were quantized before (%1).</source>
        <translation>Die Gewichte dieses Modells wurden schon einmal quantisiert (%1).</translation>
    </message>
    <message>
        <source>They are decoded while they are read. Quantizing them again adds a second loss, and all errors are measured against the decoded weights.</source>
        <translation>Sie werden beim Lesen dekodiert. Erneutes Quantisieren bringt einen zweiten Verlust, und alle Fehler werden gegen die dekodierten Gewichte gemessen.</translation>
    </message>
    <message>
        <source>Some files of the folder are no part of this model.</source>
        <translation>Einige Dateien des Ordners gehören nicht zu diesem Modell.</translation>
    </message>
    <message>
        <source>They were left out: %1.</source>
        <translation>Sie wurden weggelassen: %1.</translation>
    </message>
    <message>
        <source>llama.cpp does not follow the configuration of this model (%1).</source>
        <translation>llama.cpp folgt der Konfiguration dieses Modells nicht (%1).</translation>
    </message>
    <message>
        <source>The exported file and all figures here compute as llama.cpp does, which can differ from the original model.</source>
        <translation>Die exportierte Datei und alle Zahlen hier rechnen wie llama.cpp, was vom ursprünglichen Modell abweichen kann.</translation>
    </message>
    <message>
        <source>Models of the kind %1 are not known here.</source>
        <translation>Modelle der Art %1 sind hier nicht bekannt.</translation>
    </message>
    <message>
        <source>Its tensors can be quantized and exported; perplexity and text are off, and llama.cpp may not load the file.</source>
        <translation>Die Tensoren lassen sich quantisieren und exportieren; Perplexität und Text gibt es nicht, und llama.cpp lädt die Datei vielleicht nicht.</translation>
    </message>
    <message numerus="yes">
        <source>Recognized a %1 model: %2 weights in %n tensor(s).</source>
        <comment>architecture, count</comment>
        <translation>
            <numerusform>Als %1-Modell erkannt: %2 Gewichte in %n Tensor.</numerusform>
            <numerusform>Als %1-Modell erkannt: %2 Gewichte in %n Tensoren.</numerusform>
        </translation>
    </message>
    <message>
        <source>There is no tokenizer in the folder, so perplexity and text are off.</source>
        <translation>Im Ordner ist kein Tokenizer; deshalb gibt es weder Perplexität noch Text.</translation>
    </message>
    <message>
        <source>Tokenizer %1 with %2 tokens. Export writes GGUF straight from this folder.</source>
        <translation>Tokenizer %1 mit %2 Token. Der Export schreibt GGUF unmittelbar aus diesem Ordner.</translation>
    </message>
</context>
<context>
    <name>ww::RateDistortionPlot</name>
    <message>
        <source>Rate–distortion</source>
        <translation>Rate–Verzerrung</translation>
    </message>
    <message>
        <source>bits per weight</source>
        <translation>Bits je Gewicht</translation>
    </message>
    <message>
        <source>relative error</source>
        <translation>relativer Fehler</translation>
    </message>
    <message>
        <source>%1, %2</source>
        <comment>format, method</comment>
        <translation>%1, %2</translation>
    </message>
    <message>
        <source>%1
chosen</source>
        <translation>%1
gewählt</translation>
    </message>
    <message numerus="yes">
        <source>Relative error over bits per weight for %n format(s).</source>
        <translation>
            <numerusform>Relativer Fehler über Bits je Gewicht für %n Format.</numerusform>
            <numerusform>Relativer Fehler über Bits je Gewicht für %n Formate.</numerusform>
        </translation>
    </message>
    <message>
        <source>Chosen: %1 with %2, relative error %3.</source>
        <translation>Gewählt: %1 mit %2, relativer Fehler %3.</translation>
    </message>
    <message>
        <source>%1 (exact)</source>
        <comment>format without error</comment>
        <translation>%1 (genau)</translation>
    </message>
    <message>
        <source>%1
%2
%3 %4 (measured)</source>
        <comment>name, bits per weight, what is measured, figure</comment>
        <translation>%1
%2
%3 %4 (gemessen)</translation>
    </message>
</context>
<context>
    <name>ww::RecipeDialog</name>
    <message>
        <source>as the preset says</source>
        <translation>wie die Vorlage es sagt</translation>
    </message>
    <message>
        <source>Rules and Options of “%1”</source>
        <translation>Regeln und Optionen von „%1“</translation>
    </message>
    <message>
        <source>Rules overrule the preset. For each tensor the first rule that fits decides.</source>
        <translation>Regeln gehen der Vorlage vor. Für jeden Tensor entscheidet die erste Regel, die passt.</translation>
    </message>
    <message>
        <source>Rules</source>
        <translation>Regeln</translation>
    </message>
    <message>
        <source>Tensors</source>
        <translation>Tensoren</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>Format</translation>
    </message>
    <message>
        <source>Decides for</source>
        <translation>Entscheidet für</translation>
    </message>
    <message>
        <source>Move &amp;Up</source>
        <translation>Nach &amp;oben</translation>
    </message>
    <message>
        <source>Move Do&amp;wn</source>
        <translation>Nach &amp;unten</translation>
    </message>
    <message>
        <source>&amp;Remove</source>
        <translation>&amp;Entfernen</translation>
    </message>
    <message>
        <source>New rule</source>
        <translation>Neue Regel</translation>
    </message>
    <message>
        <source>Names of the tensors</source>
        <translation>Namen der Tensoren</translation>
    </message>
    <message>
        <source>Format of the new rule</source>
        <translation>Format der neuen Regel</translation>
    </message>
    <message>
        <source>&amp;Add</source>
        <translation>&amp;Hinzufügen</translation>
    </message>
    <message>
        <source>Options</source>
        <translation>Optionen</translation>
    </message>
    <message>
        <source>&amp;Keep the output matrix as it is in the file</source>
        <translation>Die Ausgabematrix &amp;lassen, wie sie in der Datei ist</translation>
    </message>
    <message>
        <source>One format &amp;everywhere: leave out what the preset does for single tensors</source>
        <translation>Ein &amp;Format überall: weglassen, was die Vorlage für einzelne Tensoren tut</translation>
    </message>
    <message>
        <source>&amp;Output matrix:</source>
        <translation>&amp;Ausgabematrix:</translation>
    </message>
    <message>
        <source>&amp;Token embedding:</source>
        <translation>&amp;Token-Einbettung:</translation>
    </message>
    <message numerus="yes">
        <source>Fits %n tensor(s).</source>
        <translation>
            <numerusform>Passt auf %n Tensor.</numerusform>
            <numerusform>Passt auf %n Tensoren.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n tensor(s)</source>
        <translation>
            <numerusform>%n Tensor</numerusform>
            <numerusform>%n Tensoren</numerusform>
        </translation>
    </message>
    <message>
        <source>Result: %1, %2.</source>
        <comment>size, bits per weight</comment>
        <translation>Ergebnis: %1, %2.</translation>
    </message>
    <message>
        <source>Names, such as ffn_down or blk\.[0-3]\.</source>
        <translation>Namen, etwa ffn_down oder blk\.[0-3]\.</translation>
    </message>
    <message>
        <source>Write a part of the names or a regular expression. The new rule is put in front of the others.</source>
        <translation>Schreiben Sie einen Teil der Namen oder einen regulären Ausdruck. Die neue Regel kommt vor die anderen.</translation>
    </message>
    <message>
        <source>Method of the new rule</source>
        <translation>Verfahren der neuen Regel</translation>
    </message>
    <message>
        <source>Method of the recipe</source>
        <translation>Verfahren des Rezepts</translation>
    </message>
    <message>
        <source>Method</source>
        <translation>Verfahren</translation>
    </message>
    <message>
        <source>Op&amp;tions…</source>
        <translation>&amp;Einstellungen …</translation>
    </message>
    <message>
        <source>&amp;Method:</source>
        <translation>&amp;Verfahren:</translation>
    </message>
    <message>
        <source>%1, %2</source>
        <comment>format, method</comment>
        <translation>%1, %2</translation>
    </message>
</context>
<context>
    <name>ww::RecipeListModel</name>
    <message>
        <source>%1, %2</source>
        <comment>size, bits per weight</comment>
        <translation>%1, %2</translation>
    </message>
    <message>
        <source>%1 *</source>
        <comment>name of a recipe with unsaved changes</comment>
        <translation>%1 *</translation>
    </message>
    <message>
        <source>%1, not saved</source>
        <translation>%1, nicht gespeichert</translation>
    </message>
</context>
<context>
    <name>ww::ResultsPanel</name>
    <message>
        <source>Measured on %1, %2 of %3 tokens, %4 tokens scored</source>
        <translation>Gemessen auf %1, %2 von %3 Token, %4 Token bewertet</translation>
    </message>
    <message numerus="yes">
        <source>%n window(s)</source>
        <translation>
            <numerusform>%n Fenster</numerusform>
            <numerusform>%n Fenster</numerusform>
        </translation>
    </message>
    <message>
        <source>Results</source>
        <translation>Ergebnisse</translation>
    </message>
    <message>
        <source>Open a model to see where its bytes go.</source>
        <translation>Öffnen Sie ein Modell, um zu sehen, wo seine Bytes liegen.</translation>
    </message>
    <message>
        <source>Click a bar to select its tensors</source>
        <translation>Ein Klick auf einen Balken wählt dessen Tensoren aus</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>Variants</source>
        <translation>Varianten</translation>
    </message>
    <message>
        <source>Metadata</source>
        <translation>Metadaten</translation>
    </message>
    <message>
        <source>Try It</source>
        <translation>Ausprobieren</translation>
    </message>
    <message>
        <source>Nothing is measured yet. Measure the current recipe, or several presets in one go.</source>
        <translation>Noch ist nichts gemessen. Messen Sie das jetzige Rezept oder mehrere Vorlagen in einem Zug.</translation>
    </message>
    <message>
        <source>Measure…</source>
        <translation>Messen …</translation>
    </message>
    <message>
        <source>Measure Presets…</source>
        <translation>Vorlagen messen …</translation>
    </message>
    <message>
        <source>Find in keys and values</source>
        <translation>In Schlüsseln und Werten suchen</translation>
    </message>
    <message>
        <source>Find in the metadata</source>
        <translation>In den Metadaten suchen</translation>
    </message>
    <message>
        <source>Metadata of the model file</source>
        <translation>Metadaten der Modelldatei</translation>
    </message>
    <message>
        <source>Original</source>
        <translation>Original</translation>
    </message>
    <message>
        <source>Use as &amp;Recipe</source>
        <translation>Als &amp;Rezept übernehmen</translation>
    </message>
    <message>
        <source>Add recipe “%1”</source>
        <translation>Rezept „%1“ hinzufügen</translation>
    </message>
    <message numerus="yes">
        <source>Remove %n Measurement(s)</source>
        <translation>
            <numerusform>%n Messung entfernen</numerusform>
            <numerusform>%n Messungen entfernen</numerusform>
        </translation>
    </message>
    <message>
        <source>&amp;Copy Table</source>
        <translation>Tabelle &amp;kopieren</translation>
    </message>
    <message>
        <source>&amp;Save Table…</source>
        <translation>Tabelle &amp;speichern …</translation>
    </message>
    <message>
        <source>Error bars: of the difference to the original.</source>
        <translation>Fehlerbalken: des Unterschieds zum Original.</translation>
    </message>
    <message>
        <source>Size–Quality</source>
        <translation>Größe–Güte</translation>
    </message>
    <message>
        <source>&amp;Quality:</source>
        <translation>&amp;Güte:</translation>
    </message>
    <message>
        <source>What the plot compares</source>
        <translation>Was das Diagramm vergleicht</translation>
    </message>
    <message>
        <source>Perplexity</source>
        <translation>Perplexität</translation>
    </message>
    <message>
        <source>KL divergence</source>
        <translation>KL-Divergenz</translation>
    </message>
    <message>
        <source>These two were measured on different texts or windows, so they cannot be compared.</source>
        <translation>Diese beiden wurden auf verschiedenen Texten oder Fenstern gemessen und lassen sich nicht vergleichen.</translation>
    </message>
    <message>
        <source>Select two variants with KL divergence to see whether one is better.</source>
        <translation>Wählen Sie zwei Varianten mit KL-Divergenz, um zu sehen, ob eine besser ist.</translation>
    </message>
    <message>
        <source>Comparing variants</source>
        <translation>Varianten werden verglichen</translation>
    </message>
    <message>
        <source>The values of single tokens are not there any more; measure both again.</source>
        <translation>Die Werte der einzelnen Token sind nicht mehr da; messen Sie beide noch einmal.</translation>
    </message>
    <message>
        <source>No KL divergence is measured yet. Choose it in Measure.</source>
        <translation>Noch keine KL-Divergenz gemessen. Wählen Sie sie unter „Messen“.</translation>
    </message>
    <message>
        <source>Sensitivity</source>
        <translation>Empfindlichkeit</translation>
    </message>
    <message>
        <source>Edit…</source>
        <translation>Bearbeiten …</translation>
    </message>
    <message>
        <source>Name, license, chat template and other facts that exported files carry</source>
        <translation>Name, Lizenz, Chat-Vorlage und andere Angaben in exportierten Dateien</translation>
    </message>
    <message>
        <source>Size by role</source>
        <translation>Größe nach Rolle</translation>
    </message>
    <message>
        <source>Size and perplexity</source>
        <translation>Größe und Perplexität</translation>
    </message>
    <message>
        <source>Size and KL divergence</source>
        <translation>Größe und KL-Divergenz</translation>
    </message>
    <message>
        <source>, inputs rounded as llama.cpp does</source>
        <translation>, Eingaben gerundet wie in llama.cpp</translation>
    </message>
    <message>
        <source>; its steps read the same text, so that it looks better than it is</source>
        <translation>; seine Schritte haben denselben Text gelesen, sodass es besser aussieht, als es ist</translation>
    </message>
    <message>
        <source>; its steps read %1</source>
        <comment>name of a text</comment>
        <translation>; seine Schritte haben %1 gelesen</translation>
    </message>
</context>
<context>
    <name>ww::SaveTable</name>
    <message>
        <source>Save Table</source>
        <translation>Tabelle speichern</translation>
    </message>
    <message>
        <source>Tables (*.csv)</source>
        <translation>Tabellen (*.csv)</translation>
    </message>
    <message>
        <source>The table was not saved.</source>
        <translation>Die Tabelle wurde nicht gespeichert.</translation>
    </message>
</context>
<context>
    <name>ww::SensitivityPage</name>
    <message>
        <source>&amp;Show:</source>
        <translation>&amp;Zeigen:</translation>
    </message>
    <message>
        <source>What the bars show</source>
        <translation>Was die Balken zeigen</translation>
    </message>
    <message>
        <source>Damage of each tensor</source>
        <translation>Schaden jedes Tensors</translation>
    </message>
    <message>
        <source>What the next MiB buys</source>
        <translation>Was das nächste MiB bringt</translation>
    </message>
    <message>
        <source>Click a bar to select its tensor</source>
        <translation>Klick auf einen Balken wählt seinen Tensor aus</translation>
    </message>
    <message>
        <source>Calibrate…</source>
        <translation>Kalibrieren …</translation>
    </message>
    <message>
        <source>Nothing is quantized yet, so nothing is damaged.</source>
        <translation>Noch ist nichts quantisiert, also nichts beschädigt.</translation>
    </message>
    <message>
        <source>Weighing formats…</source>
        <translation>Formate werden abgewogen …</translation>
    </message>
    <message>
        <source>Open a model to see which tensors hurt.</source>
        <translation>Ein Modell öffnen, um zu sehen, welche Tensoren wehtun.</translation>
    </message>
    <message>
        <source>Predicted from probes: the model was run with single tensors quantized.</source>
        <translation>Aus Proben vorhergesagt: Das Modell lief mit einzelnen quantisierten Tensoren.</translation>
    </message>
    <message>
        <source>Estimated from weight errors alone, (‖w−q‖ / ‖w‖)²: that orders formats, but not tensors. Calibrate with probes to see which tensors hurt the model&apos;s predictions.</source>
        <translation>Nur aus Gewichtsfehlern geschätzt, (‖w−q‖ / ‖w‖)²: Das ordnet Formate, aber nicht Tensoren. Kalibrieren mit Proben zeigt, welche Tensoren den Vorhersagen des Modells schaden.</translation>
    </message>
</context>
<context>
    <name>ww::SettingsDialog</name>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Like the system</source>
        <translation>Wie das System</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Hell</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Dunkel</translation>
    </message>
    <message>
        <source>&amp;Appearance:</source>
        <translation>&amp;Aussehen:</translation>
    </message>
    <message>
        <source>&amp;Language:</source>
        <translation>&amp;Sprache:</translation>
    </message>
    <message>
        <source>all (%1)</source>
        <translation>alle (%1)</translation>
    </message>
    <message>
        <source>Fewer threads leave more of the computer to other programs. Results do not depend on it.</source>
        <translation>Weniger Threads lassen anderen Programmen mehr vom Rechner. Die Ergebnisse hängen nicht davon ab.</translation>
    </message>
    <message>
        <source>&amp;Threads:</source>
        <translation>&amp;Threads:</translation>
    </message>
    <message>
        <source>&amp;Open the last project at the start</source>
        <translation>Beim Start das letzte Projekt ö&amp;ffnen</translation>
    </message>
    <message>
        <source>Changes take effect at once; a new number of threads when no job is running.</source>
        <translation>Änderungen wirken sofort; eine neue Zahl von Threads, sobald kein Auftrag läuft.</translation>
    </message>
</context>
<context>
    <name>ww::SizePlot</name>
    <message>
        <source>Size by role</source>
        <translation>Größe nach Rolle</translation>
    </message>
    <message>
        <source>size in B</source>
        <translation>Größe in B</translation>
    </message>
    <message>
        <source>size in KiB</source>
        <translation>Größe in KiB</translation>
    </message>
    <message>
        <source>size in MiB</source>
        <translation>Größe in MiB</translation>
    </message>
    <message>
        <source>size in GiB</source>
        <translation>Größe in GiB</translation>
    </message>
    <message>
        <source>%1 in all, %2 of the model</source>
        <translation>insgesamt %1, %2 des Modells</translation>
    </message>
    <message numerus="yes">
        <source>%1: %2 in %n tensor(s)</source>
        <comment>format: size</comment>
        <translation>
            <numerusform>%1: %2 in %n Tensor</numerusform>
            <numerusform>%1: %2 in %n Tensoren</numerusform>
        </translation>
    </message>
    <message>
        <source>Size by role, %1 in all. The largest is %2 with %3.</source>
        <translation>Größe nach Rolle, insgesamt %1. Am größten ist %2 mit %3.</translation>
    </message>
</context>
<context>
    <name>ww::StartPage</name>
    <message>
        <source>Make language models smaller, and see what it costs.</source>
        <translation>Sprachmodelle kleiner machen und sehen, was es kostet.</translation>
    </message>
    <message>
        <source>Drop a model here</source>
        <translation>Ein Modell hier ablegen</translation>
    </message>
    <message>
        <source>&amp;Open a Model…</source>
        <translation>Modell ö&amp;ffnen …</translation>
    </message>
    <message>
        <source>Open the &amp;Sample Model</source>
        <translation>&amp;Beispielmodell öffnen</translation>
    </message>
    <message>
        <source>A small trained model that comes with the program: good for a first look</source>
        <translation>Ein kleines trainiertes Modell, das dem Programm beiliegt: gut für einen ersten Blick</translation>
    </message>
    <message>
        <source>Opening</source>
        <translation>Öffnen</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Stopp</translation>
    </message>
    <message>
        <source>Recent files</source>
        <translation>Zuletzt geöffnet</translation>
    </message>
    <message>
        <source>&amp;Restore the Last Project</source>
        <translation>Letztes Projekt &amp;wiederherstellen</translation>
    </message>
    <message>
        <source>Nothing yet. Models that you open are listed here.</source>
        <translation>Noch nichts. Modelle, die Sie öffnen, stehen dann hier.</translation>
    </message>
    <message>
        <source>%1  –  %2</source>
        <comment>file name, folder</comment>
        <translation>%1  –  %2</translation>
    </message>
    <message>
        <source>Opening %1…</source>
        <translation>%1 wird geöffnet …</translation>
    </message>
    <message>
        <source>A GGUF file, a folder from Hugging Face, or a project (.wwproj)</source>
        <translation>Eine GGUF-Datei, ein Ordner von Hugging Face oder ein Projekt (.wwproj)</translation>
    </message>
</context>
<context>
    <name>ww::StepsController</name>
    <message>
        <source>Running the steps of the recipe: %1</source>
        <translation>Schritte des Rezepts laufen: %1</translation>
    </message>
</context>
<context>
    <name>ww::StepsDialog</name>
    <message>
        <source>Turns the channels, so that outliers spread over all of them. For GPTQ and for 4-bit formats without offsets; K formats with an importance matrix alone become worse.</source>
        <translation>Dreht die Kanäle, sodass sich Ausreißer auf alle verteilen. Für GPTQ und für 4-Bit-Formate ohne Versatz; K-Formate allein mit einer Wichtigkeitsmatrix werden schlechter.</translation>
    </message>
    <message>
        <source>&amp;Steps, in their order:</source>
        <translation>&amp;Schritte, in ihrer Reihenfolge:</translation>
    </message>
    <message>
        <source>Add R&amp;otation</source>
        <translation>&amp;Drehung hinzufügen</translation>
    </message>
    <message>
        <source>Add S&amp;moothQuant</source>
        <translation>S&amp;moothQuant hinzufügen</translation>
    </message>
    <message>
        <source>Add &amp;AWQ</source>
        <translation>&amp;AWQ hinzufügen</translation>
    </message>
    <message>
        <source>&amp;Up</source>
        <translation>Nach &amp;oben</translation>
    </message>
    <message>
        <source>&amp;Down</source>
        <translation>Nach &amp;unten</translation>
    </message>
    <message>
        <source>Remo&amp;ve</source>
        <translation>&amp;Entfernen</translation>
    </message>
    <message>
        <source>S&amp;eed:</source>
        <translation>S&amp;tartwert:</translation>
    </message>
    <message>
        <source>Stren&amp;gth:</source>
        <translation>Stär&amp;ke:</translation>
    </message>
    <message>
        <source>Forma&amp;t:</source>
        <translation>Forma&amp;t:</translation>
    </message>
    <message>
        <source>Steps before Quantizing</source>
        <translation>Schritte vor dem Quantisieren</translation>
    </message>
    <message>
        <source>Steps that change the weights so that the model computes the same and can be quantized better. They belong to the recipe: its tables, measurements and exports show the changed model. An exported file is an ordinary one.</source>
        <translation>Schritte, die die Gewichte so verändern, dass das Modell dasselbe rechnet und sich besser quantisieren lässt. Sie gehören zum Rezept: Seine Tabellen, Messungen und Exporte zeigen das veränderte Modell. Eine exportierte Datei ist eine gewöhnliche.</translation>
    </message>
    <message>
        <source>&amp;Use in the Recipe</source>
        <translation>Ins Rezept über&amp;nehmen</translation>
    </message>
    <message>
        <source>Without a step the model is quantized as it is.</source>
        <translation>Ohne Schritt wird das Modell quantisiert, wie es ist.</translation>
    </message>
    <message>
        <source>The weights of the changed model see other inputs: it is calibrated anew with this text, in the background.</source>
        <translation>Die Gewichte des veränderten Modells sehen andere Eingaben: Es wird mit diesem Text im Hintergrund neu kalibriert.</translation>
    </message>
    <message>
        <source>Moves the range of inputs into the weights, for methods that round the inputs as well. 0 leaves the inputs alone, 1 takes all of their range; 0.5 is the paper&apos;s choice. The step below 0 finds the best for each input, or leaves it alone.</source>
        <translation>Verlegt den Wertebereich der Eingaben in die Gewichte, für Verfahren, die auch die Eingaben runden. 0 lässt die Eingaben, wie sie sind, 1 nimmt ihren ganzen Bereich; 0,5 ist die Wahl der Veröffentlichung. Der Schritt unter 0 findet die beste für jede Eingabe oder lässt sie, wie sie ist.</translation>
    </message>
    <message>
        <source>the best for each input</source>
        <translation>die beste für jede Eingabe</translation>
    </message>
    <message>
        <source>Finds a scale for each input channel that keeps the most used weights exact in one format, by trying it on the text. Inputs that gain nothing are left alone.</source>
        <translation>Findet für jeden Eingangskanal eine Skala, die die meistgenutzten Gewichte in einem Format genau hält, durch Versuche am Text. Eingaben, die dabei nichts gewinnen, bleiben, wie sie sind.</translation>
    </message>
    <message>
        <source>Takes effect only when the best strength is searched; the recipe gives one.</source>
        <translation>Wirkt nur, wenn die beste Stärke gesucht wird; das Rezept gibt eine vor.</translation>
    </message>
</context>
<context>
    <name>ww::TensorReports</name>
    <message>
        <source>Looking at %1</source>
        <translation>%1 wird angesehen</translation>
    </message>
    <message numerus="yes">
        <source>Weight errors of %n tensor(s)</source>
        <translation>
            <numerusform>Gewichtsfehler von %n Tensor</numerusform>
            <numerusform>Gewichtsfehler von %n Tensoren</numerusform>
        </translation>
    </message>
    <message>
        <source>Blocks of %1</source>
        <translation>Blöcke von %1</translation>
    </message>
    <message>
        <source>Trying methods on %1</source>
        <translation>Verfahren werden an %1 erprobt</translation>
    </message>
</context>
<context>
    <name>ww::TensorTable</name>
    <message>
        <source>Filter by name or pattern, such as ffn_.*down</source>
        <translation>Nach Namen oder Muster filtern, etwa ffn_.*down</translation>
    </message>
    <message>
        <source>Filter tensors</source>
        <translation>Tensoren filtern</translation>
    </message>
    <message>
        <source>Role</source>
        <translation>Rolle</translation>
    </message>
    <message>
        <source>Show tensors of one role</source>
        <translation>Tensoren einer Rolle zeigen</translation>
    </message>
    <message>
        <source>Flat list</source>
        <translation>Flache Liste</translation>
    </message>
    <message>
        <source>Show all tensors in one list instead of by block</source>
        <translation>Alle Tensoren in einer Liste statt nach Blöcken zeigen</translation>
    </message>
    <message>
        <source>Tensors</source>
        <translation>Tensoren</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>All roles</source>
        <translation>Alle Rollen</translation>
    </message>
    <message numerus="yes">
        <source>%n tensor(s)</source>
        <translation>
            <numerusform>%n Tensor</numerusform>
            <numerusform>%n Tensoren</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 of %n tensor(s)</source>
        <translation>
            <numerusform>%1 von %n Tensor</numerusform>
            <numerusform>%1 von %n Tensoren</numerusform>
        </translation>
    </message>
    <message>
        <source>Select all shown</source>
        <translation>Alle gezeigten auswählen</translation>
    </message>
    <message>
        <source>Expand all</source>
        <translation>Alles aufklappen</translation>
    </message>
    <message>
        <source>Collapse all</source>
        <translation>Alles zuklappen</translation>
    </message>
    <message numerus="yes">
        <source>%1, %n selected</source>
        <comment>count of tensors, how many are selected</comment>
        <translation>
            <numerusform>%1, %n ausgewählt</numerusform>
            <numerusform>%1, %n ausgewählt</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>ww::TensorTreeModel</name>
    <message>
        <source>copied</source>
        <translation>kopiert</translation>
    </message>
    <message>
        <source>warning</source>
        <translation>Warnung</translation>
    </message>
    <message>
        <source>kept as is</source>
        <translation>unverändert</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <comment>column title: value</comment>
        <translation>%1: %2</translation>
    </message>
    <message>
        <source>none</source>
        <translation>keine</translation>
    </message>
    <message numerus="yes">
        <source>%n tensor(s)</source>
        <translation>
            <numerusform>%n Tensor</numerusform>
            <numerusform>%n Tensoren</numerusform>
        </translation>
    </message>
    <message>
        <source>Block %1</source>
        <translation>Block %1</translation>
    </message>
    <message>
        <source>mixed</source>
        <translation>gemischt</translation>
    </message>
    <message>
        <source>≤ %1</source>
        <comment>largest error of a block</comment>
        <translation>≤ %1</translation>
    </message>
    <message numerus="yes">
        <source>%n warning(s)</source>
        <translation>
            <numerusform>%n Warnung</numerusform>
            <numerusform>%n Warnungen</numerusform>
        </translation>
    </message>
    <message>
        <source>%1: %2</source>
        <comment>role: description</comment>
        <translation>%1: %2</translation>
    </message>
    <message>
        <source>%1 → %2, %3, %4</source>
        <comment>source format → target format, bits per weight, size</comment>
        <translation>%1 → %2, %3, %4</translation>
    </message>
    <message>
        <source>Relative error %1 (measured)</source>
        <translation>Relativer Fehler %1 (gemessen)</translation>
    </message>
    <message>
        <source>Format in the opened file</source>
        <translation>Format in der geöffneten Datei</translation>
    </message>
    <message>
        <source>Format under the current recipe</source>
        <translation>Format nach dem jetzigen Rezept</translation>
    </message>
    <message>
        <source>Bits per weight under the current recipe</source>
        <translation>Bits je Gewicht nach dem jetzigen Rezept</translation>
    </message>
    <message>
        <source>Size under the current recipe</source>
        <translation>Größe nach dem jetzigen Rezept</translation>
    </message>
    <message>
        <source>Relative error of the weights, measured: root of Σ(w−q)² / Σw²</source>
        <translation>Relativer Fehler der Gewichte, gemessen: Wurzel aus Σ(w−q)² / Σw²</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Role</source>
        <translation>Rolle</translation>
    </message>
    <message>
        <source>Shape</source>
        <translation>Form</translation>
    </message>
    <message>
        <source>Source</source>
        <translation>Quelle</translation>
    </message>
    <message>
        <source>Format</source>
        <translation>Format</translation>
    </message>
    <message>
        <source>Method</source>
        <translation>Verfahren</translation>
    </message>
    <message>
        <source>bpw</source>
        <comment>bits per weight, column title</comment>
        <translation>bpw</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>Error</source>
        <translation>Fehler</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Zustand</translation>
    </message>
    <message>
        <source>Damage %1 (estimated)</source>
        <translation>Schaden %1 (geschätzt)</translation>
    </message>
    <message>
        <source>Next MiB: by how much another mebibyte for this tensor would lower the damage (estimated from weight errors)</source>
        <translation>Nächstes MiB: um wie viel ein weiteres Mebibyte für diesen Tensor den Schaden senken würde (geschätzt aus Gewichtsfehlern)</translation>
    </message>
    <message>
        <source>Next MiB</source>
        <translation>Nächstes MiB</translation>
    </message>
    <message>
        <source>Method: %1, written %2</source>
        <comment>method in words, spec</comment>
        <translation>Verfahren: %1, geschrieben %2</translation>
    </message>
</context>
<context>
    <name>ww::TextChoice</name>
    <message>
        <source>&amp;Browse…</source>
        <translation>&amp;Durchsuchen …</translation>
    </message>
    <message>
        <source>&amp;Text:</source>
        <translation>&amp;Text:</translation>
    </message>
    <message>
        <source> tokens</source>
        <translation> Token</translation>
    </message>
    <message>
        <source>Length of one window. Compare only numbers of the same length; 512 is usual</source>
        <translation>Länge eines Fensters. Nur Zahlen derselben Länge lassen sich vergleichen; üblich ist 512</translation>
    </message>
    <message>
        <source>&amp;Context length:</source>
        <translation>&amp;Kontextlänge:</translation>
    </message>
    <message>
        <source>all of the text</source>
        <translation>der ganze Text</translation>
    </message>
    <message>
        <source>Fewer windows are faster and less exact</source>
        <translation>Weniger Fenster sind schneller und ungenauer</translation>
    </message>
    <message>
        <source>Wi&amp;ndows:</source>
        <translation>&amp;Fenster:</translation>
    </message>
    <message>
        <source>Reading %1</source>
        <translation>%1 wird gelesen</translation>
    </message>
    <message>
        <source>Choose a text file.</source>
        <translation>Wählen Sie eine Textdatei.</translation>
    </message>
    <message>
        <source>Reading the text…</source>
        <translation>Der Text wird gelesen …</translation>
    </message>
    <message numerus="yes">
        <source>The text has %n window(s) of this length.</source>
        <translation>
            <numerusform>Der Text hat %n Fenster dieser Länge.</numerusform>
            <numerusform>Der Text hat %n Fenster dieser Länge.</numerusform>
        </translation>
    </message>
    <message>
        <source>Choose a Text</source>
        <translation>Text wählen</translation>
    </message>
    <message>
        <source>Texts (*.txt *.md *.raw);;All files (*)</source>
        <translation>Texte (*.txt *.md *.raw);;Alle Dateien (*)</translation>
    </message>
</context>
<context>
    <name>ww::TryItPage</name>
    <message>
        <source>Prompt</source>
        <translation>Anfangstext</translation>
    </message>
    <message>
        <source>A text to continue</source>
        <translation>Ein Text zum Fortsetzen</translation>
    </message>
    <message>
        <source>&amp;Continue the Text</source>
        <translation>Text &amp;fortsetzen</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Stopp</translation>
    </message>
    <message>
        <source>0 (most likely token)</source>
        <translation>0 (wahrscheinlichstes Token)</translation>
    </message>
    <message>
        <source>0 always takes the most likely token, so that differences come from the weights alone; higher values draw at random</source>
        <translation>0 nimmt immer das wahrscheinlichste Token, sodass Unterschiede nur von den Gewichten kommen; höhere Werte losen aus</translation>
    </message>
    <message>
        <source>Start of the random numbers; the same seed gives the same text</source>
        <translation>Anfang der Zufallszahlen; derselbe Startwert ergibt denselben Text</translation>
    </message>
    <message>
        <source>To&amp;kens:</source>
        <translation>To&amp;ken:</translation>
    </message>
    <message>
        <source>Tem&amp;perature:</source>
        <translation>Tem&amp;peratur:</translation>
    </message>
    <message>
        <source>See&amp;d:</source>
        <translation>Start&amp;wert:</translation>
    </message>
    <message>
        <source>Original</source>
        <translation>Original</translation>
    </message>
    <message>
        <source>Recipe</source>
        <translation>Rezept</translation>
    </message>
    <message>
        <source>Continued by %1</source>
        <translation>Fortgesetzt von %1</translation>
    </message>
    <message>
        <source>Continued by the original</source>
        <translation>Fortgesetzt vom Original</translation>
    </message>
    <message>
        <source>Waiting</source>
        <translation>Wartet</translation>
    </message>
    <message>
        <source>Continuing a text with %1</source>
        <translation>Ein Text wird mit %1 fortgesetzt</translation>
    </message>
    <message numerus="yes">
        <source>%n token(s)</source>
        <translation>
            <numerusform>%n Token</numerusform>
            <numerusform>%n Token</numerusform>
        </translation>
    </message>
    <message>
        <source>%1, %2 tokens per second</source>
        <comment>number of tokens, speed</comment>
        <translation>%1, %2 Token je Sekunde</translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation>Gestoppt</translation>
    </message>
</context>
<context>
    <name>ww::VariantsModel</name>
    <message>
        <source>not measured</source>
        <translation>nicht gemessen</translation>
    </message>
    <message>
        <source>waiting</source>
        <translation>wartet</translation>
    </message>
    <message>
        <source>measuring</source>
        <translation>wird gemessen</translation>
    </message>
    <message>
        <source>measured</source>
        <translation>gemessen</translation>
    </message>
    <message>
        <source>outdated</source>
        <translation>veraltet</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>fehlgeschlagen</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <comment>column title: value</comment>
        <translation>%1: %2</translation>
    </message>
    <message>
        <source>Bits per weight</source>
        <translation>Bits je Gewicht</translation>
    </message>
    <message>
        <source>Perplexity ± standard error; lower is better</source>
        <translation>Perplexität ± Standardfehler; weniger ist besser</translation>
    </message>
    <message>
        <source>Perplexity minus that of the original model</source>
        <translation>Perplexität minus die des Originals</translation>
    </message>
    <message>
        <source>Mean Kullback–Leibler divergence from the original model, in nats per token</source>
        <translation>Mittlere Kullback-Leibler-Divergenz zum Original, in Nat je Token</translation>
    </message>
    <message>
        <source>How long measuring took</source>
        <translation>Wie lange die Messung dauerte</translation>
    </message>
    <message>
        <source>Variant</source>
        <translation>Variante</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>bpw</source>
        <comment>bits per weight, column title</comment>
        <translation>bpw</translation>
    </message>
    <message>
        <source>PPL</source>
        <translation>PPL</translation>
    </message>
    <message>
        <source>Δ PPL</source>
        <translation>Δ PPL</translation>
    </message>
    <message>
        <source>KLD</source>
        <translation>KLD</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>Zeit</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Zustand</translation>
    </message>
    <message>
        <source>%1 ± %2</source>
        <comment>value, standard error</comment>
        <translation>%1 ± %2</translation>
    </message>
    <message>
        <source>Share of tokens for which the most probable continuation is the original’s</source>
        <translation>Anteil der Token, deren wahrscheinlichste Fortsetzung die des Originals ist</translation>
    </message>
    <message>
        <source>How much the probability of the right token changes: root of the mean square, in percentage points</source>
        <translation>Wie stark sich die Wahrscheinlichkeit des richtigen Tokens ändert: Wurzel des mittleren Quadrats, in Prozentpunkten</translation>
    </message>
    <message>
        <source>Same top</source>
        <translation>Gleiche Wahl</translation>
    </message>
    <message>
        <source>RMS Δp</source>
        <translation>RMS Δp</translation>
    </message>
    <message>
        <source>rounded</source>
        <comment>inputs of layers</comment>
        <translation>gerundet</translation>
    </message>
    <message>
        <source>exact</source>
        <comment>inputs of layers</comment>
        <translation>genau</translation>
    </message>
    <message>
        <source>How the inputs of layers were computed: exact, or rounded to 8 bits as llama.cpp does on processors</source>
        <translation>Wie die Eingaben der Schichten berechnet wurden: genau, oder auf 8 Bits gerundet wie von llama.cpp auf Prozessoren</translation>
    </message>
    <message>
        <source>Inputs</source>
        <translation>Eingaben</translation>
    </message>
</context>
<context>
    <name>ww::WorkbenchPage</name>
    <message>
        <source>All Formats</source>
        <translation>Alle Formate</translation>
    </message>
    <message>
        <source>Every format with its bits per weight and what it is good for</source>
        <translation>Jedes Format mit Bits je Gewicht und wofür es gut ist</translation>
    </message>
    <message>
        <source>Change…</source>
        <translation>Ändern …</translation>
    </message>
    <message>
        <source>Choose and order the steps that change the model before it is quantized</source>
        <translation>Die Schritte wählen und ordnen, die das Modell vor dem Quantisieren verändern</translation>
    </message>
    <message>
        <source>Before quantizing: %1. Being run; until then everything shows the model as it is.</source>
        <translation>Vor dem Quantisieren: %1. Läuft gerade; bis dahin zeigt alles das Modell, wie es ist.</translation>
    </message>
    <message>
        <source>Before quantizing: %1</source>
        <comment>steps</comment>
        <translation>Vor dem Quantisieren: %1</translation>
    </message>
    <message>
        <source>%1 (read: %2)</source>
        <comment>steps, text that they read</comment>
        <translation>%1 (gelesen: %2)</translation>
    </message>
</context>
</TS>
