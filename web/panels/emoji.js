/** The emoji that the picker offers, each with its short name and words to find it by, English and
 * Indonesian. Any other emoji can be typed or pasted into the search. Pure. */

const TABLE = `
👍 thumbsup like yes agree good setuju suka jempol
❤️ heart love cinta hati
😂 joy laugh tears tertawa
🎉 tada party hooray pesta selamat
🙏 pray thanks please terima kasih mohon
👀 eyes look see lihat
✅ white_check_mark check done ok selesai
🔥 fire hot api
💯 100 hundred perfect sempurna
🚀 rocket launch ship roket
👏 clap applause tepuk
😮 open_mouth wow surprised kaget
😢 cry sad sedih menangis
😡 rage angry mad marah
👎 thumbsdown no dislike tidak
🤔 thinking hmm pikir
😀 grinning happy senang
😄 smile happy senyum
😁 grin beaming grin gembira
😅 sweat_smile sweat relief keringat
🤣 rofl laugh floor ngakak
😊 blush smile malu
🙂 slightly_smiling_face slight smile senyum
🙃 upside_down_face upside down terbalik
😉 wink kedip
😍 heart_eyes heart eyes love jatuh cinta
😘 kissing_heart kiss cium
😋 yum delicious lezat
😜 stuck_out_tongue_winking_eye tongue wink lidah
🤗 hugs hug peluk
🤭 hand_over_mouth oops giggle ups
🤫 shushing_face shush quiet diam
😐 neutral_face neutral netral
😑 expressionless datar
😏 smirk
🙄 roll_eyes eyeroll bosan
😬 grimacing grimace awkward canggung
😌 relieved lega
😴 sleeping sleep tidur
😷 mask sick sakit masker
🤒 face_with_thermometer fever sick demam
🤯 exploding_head exploding mind blown
😎 sunglasses cool sunglasses keren
🤓 nerd_face nerd geek
😕 confused bingung
😟 worried khawatir
😳 flushed kaget malu
🥺 pleading_face pleading mohon
😭 sob cry menangis
😱 scream fear takut
😤 triumph huff kesal
🤬 cursing_face swear marah
💀 skull dead tengkorak
💩 poop
🤡 clown_face clown badut
👻 ghost hantu
🤖 robot
😇 innocent angel innocent malaikat
🥳 partying_face partying birthday ulang tahun
🤝 handshake deal sepakat
👋 wave hello bye halo dada
👌 ok_hand ok perfect oke
✌️ v victory peace damai
🤞 crossed_fingers crossed fingers luck semoga
🤘 metal rock horns
👈 point_left left kiri
👉 point_right right kanan
👆 point_up_2 point up atas
👇 point_down down bawah
✊ fist tinju
💪 muscle strong kuat
🙌 raised_hands raised hands hore
🤷 shrug entah
🤦 facepalm aduh
🧠 brain otak
💋 kiss mark bibir
💔 broken_heart broken heart patah hati
💙 blue_heart blue heart biru
💚 green_heart green heart hijau
💛 yellow_heart yellow heart kuning
💜 purple_heart purple heart ungu
🖤 black_heart black heart hitam
✨ sparkles berkilau
⭐ star bintang
🌟 star2 glowing star bintang
⚡ zap lightning kilat
💥 boom ledakan
💧 droplet drop water air
🌈 rainbow pelangi
☀️ sun matahari
🌧️ cloud_with_rain rain hujan
❄️ snowflake snow salju
🌙 crescent_moon moon bulan
🌍 earth_africa earth world dunia
🌱 seedling plant tanaman
🌸 cherry_blossom blossom bunga
🌹 rose mawar
🌴 palm_tree palm kelapa
🍀 four_leaf_clover clover luck untung
🐶 dog anjing
🐱 cat kucing
🐭 mouse tikus
🐻 bear beruang
🐼 panda
🐸 frog katak
🐵 monkey_face monkey monyet
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
🌶️ hot_pepper chili cabai
🍚 rice nasi
🍜 ramen noodles mi
🍕 pizza
🍔 hamburger burger
🍰 cake kue
🎂 birthday cake ulang tahun
🍪 cookie kue kering
☕ coffee kopi
🍵 tea teh
🍺 beer bir
🥂 clinking_glasses cheers bersulang
🍻 beers bersulang
⚽ soccer sepak bola
🏸 badminton bulu tangkis
🏆 trophy win piala
🥇 1st_place_medal gold medal emas
🎯 dart target bullseye sasaran
🎮 video_game game main
🎵 musical_note music musik
🎸 guitar gitar
🎁 gift hadiah
🎈 balloon balon
🚗 car mobil
🚲 bike sepeda
✈️ airplane plane pesawat
🏠 house home rumah
🏢 office kantor
🏝️ desert_island island beach pantai
⏰ alarm_clock alarm clock jam
⏳ hourglass_flowing_sand hourglass wait tunggu
📅 date calendar kalender
📌 pushpin pin sematkan
📎 paperclip klip
📝 memo note catatan
📢 loudspeaker announcement pengumuman
📈 chart_with_upwards_trend chart up naik
📉 chart_with_downwards_trend chart down turun
💻 laptop computer komputer
📱 iphone phone telepon
💡 bulb idea bulb ide
🔒 lock kunci
🔑 key kunci
🔍 mag search cari
🔧 wrench fix perbaiki
🔨 hammer palu
⚙️ gear settings setelan
🧪 test_tube test tube uji
🚨 rotating_light siren alert darurat
🚧 construction wip
⚠️ warning awas
❌ x wrong salah
❓ question tanya
❗ exclamation penting
➕ plus tambah
➖ minus kurang
♻️ recycle daur ulang
🆗 ok okay
🆕 new baru
🔴 red_circle red merah
🟡 yellow_circle yellow kuning
🟢 green_circle green hijau
🏁 checkered_flag finish selesai
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
