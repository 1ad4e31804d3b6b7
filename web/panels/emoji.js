/** The emoji that the picker offers, each with its short name and words to find it by, English and
 * Indonesian. Any other emoji can be typed or pasted into the search. Pure. */

const TABLE = `
👍 thumbsup like yes agree good setuju suka jempol
❤️ heart love cinta hati
😂 joy laugh tears tertawa
🎉 tada party hooray pesta selamat
🙏 pray thanks please terima kasih mohon
👀 eyes look see lihat
✅ check done ok selesai
🔥 fire hot api
💯 hundred perfect sempurna
🚀 rocket launch ship roket
👏 clap applause tepuk
😮 wow surprised kaget
😢 cry sad sedih menangis
😡 angry mad marah
👎 thumbsdown no dislike tidak
🤔 thinking hmm pikir
😀 grinning happy senang
😄 smile happy senyum
😁 beaming grin gembira
😅 sweat relief keringat
🤣 rofl laugh floor ngakak
😊 blush smile malu
🙂 slight smile senyum
🙃 upside down terbalik
😉 wink kedip
😍 heart eyes love jatuh cinta
😘 kiss cium
😋 yum delicious lezat
😜 tongue wink lidah
🤗 hug peluk
🤭 oops giggle ups
🤫 shush quiet diam
😐 neutral netral
😑 expressionless datar
😏 smirk
🙄 eyeroll bosan
😬 grimace awkward canggung
😌 relieved lega
😴 sleep tidur
😷 mask sick sakit masker
🤒 fever sick demam
🤯 exploding mind blown
😎 cool sunglasses keren
🤓 nerd geek
😕 confused bingung
😟 worried khawatir
😳 flushed kaget malu
🥺 pleading mohon
😭 sob cry menangis
😱 scream fear takut
😤 triumph huff kesal
🤬 swear marah
💀 skull dead tengkorak
💩 poop
🤡 clown badut
👻 ghost hantu
🤖 robot
😇 angel innocent malaikat
🥳 partying birthday ulang tahun
🤝 handshake deal sepakat
👋 wave hello bye halo dada
👌 ok perfect oke
✌️ victory peace damai
🤞 crossed fingers luck semoga
🤘 rock horns
👈 left kiri
👉 right kanan
👆 up atas
👇 down bawah
✊ fist tinju
💪 muscle strong kuat
🙌 raised hands hore
🤷 shrug entah
🤦 facepalm aduh
🧠 brain otak
💋 kiss mark bibir
💔 broken heart patah hati
💙 blue heart biru
💚 green heart hijau
💛 yellow heart kuning
💜 purple heart ungu
🖤 black heart hitam
✨ sparkles berkilau
⭐ star bintang
🌟 glowing star bintang
⚡ zap lightning kilat
💥 boom ledakan
💧 drop water air
🌈 rainbow pelangi
☀️ sun matahari
🌧️ rain hujan
❄️ snow salju
🌙 moon bulan
🌍 earth world dunia
🌱 seedling plant tanaman
🌸 blossom bunga
🌹 rose mawar
🌴 palm kelapa
🍀 clover luck untung
🐶 dog anjing
🐱 cat kucing
🐭 mouse tikus
🐻 bear beruang
🐼 panda
🐸 frog katak
🐵 monkey monyet
🐔 chicken ayam
🐧 penguin
🐢 turtle kura
🐛 bug kutu
🦋 butterfly kupu
🐙 octopus gurita
🐳 whale paus
🍎 apple apel
🍌 banana pisang
🍓 strawberry stroberi
🌶️ chili cabai
🍚 rice nasi
🍜 noodles mi
🍕 pizza
🍔 burger
🍰 cake kue
🎂 birthday cake ulang tahun
🍪 cookie kue kering
☕ coffee kopi
🍵 tea teh
🍺 beer bir
🥂 cheers bersulang
🍻 beers bersulang
⚽ soccer sepak bola
🏸 badminton bulu tangkis
🏆 trophy win piala
🥇 gold medal emas
🎯 target bullseye sasaran
🎮 game main
🎵 music musik
🎸 guitar gitar
🎁 gift hadiah
🎈 balloon balon
🚗 car mobil
🚲 bike sepeda
✈️ plane pesawat
🏠 home rumah
🏢 office kantor
🏝️ island beach pantai
⏰ alarm clock jam
⏳ hourglass wait tunggu
📅 calendar kalender
📌 pin sematkan
📎 paperclip klip
📝 memo note catatan
📢 announcement pengumuman
📈 chart up naik
📉 chart down turun
💻 laptop computer komputer
📱 phone telepon
💡 idea bulb ide
🔒 lock kunci
🔑 key kunci
🔍 search cari
🔧 wrench fix perbaiki
🔨 hammer palu
⚙️ gear settings setelan
🧪 test tube uji
🚨 siren alert darurat
🚧 construction wip
⚠️ warning awas
❌ x wrong salah
❓ question tanya
❗ exclamation penting
➕ plus tambah
➖ minus kurang
♻️ recycle daur ulang
🆗 okay
🆕 new baru
🔴 red merah
🟡 yellow kuning
🟢 green hijau
🏁 finish selesai
🇮🇩 indonesia merah putih
`;

/** {emoji, name, words}: `name` is the short one, without colons. */
export const EMOJI = TABLE.trim()
  .split("\n")
  .map((line) => {
    const [emoji, ...words] = line.split(" ");
    return { emoji, name: words[0], words };
  });

const ONE = /^(?:\p{RI}{2}|[0-9#*]\uFE0F?\u20E3|\p{Extended_Pictographic}[\p{EMod}\uFE0F\u200D\p{Extended_Pictographic}]{0,15})$/u;

/** Those that have a word beginning with each word of `text`; the emoji itself where it is one. */
export function findEmoji(text) {
  const sought = text.trim().toLowerCase().replaceAll(":", "");
  if (sought === "") return EMOJI;
  if (ONE.test(sought)) {
    const known = EMOJI.filter(({ emoji }) => emoji === sought);
    return known.length > 0 ? known : [{ emoji: sought, name: sought, words: [] }];
  }
  const parts = sought.split(/\s+/u);
  const fits = ({ words }) => parts.every((part) => words.some((word) => word.startsWith(part)));
  return EMOJI.filter(fits);
}
