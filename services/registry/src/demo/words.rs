//! What synthetic employers are called and do.

/// A kind of employer: how common, how registered and how coded it is.
#[derive(Debug)]
pub(super) struct Kind {
    /// Out of the sum of all weights.
    pub(super) weight: u32,
    /// Registration authority and category of GB 32100-2015.
    pub(super) registration: (char, char),
    /// Chinese name in the list `ownership`.
    pub(super) ownership: &'static str,
    /// Code in the list `economic_type`; empty where no capital is invested.
    pub(super) economic_type: &'static str,
    /// What the name begins with.
    pub(super) place: &'static str,
    /// Trades to choose from.
    pub(super) trades: &'static [Trade],
    /// What the name ends with.
    pub(super) forms: &'static [&'static str],
    /// How many people it employs.
    pub(super) size: Size,
}

/// A trade: its word in the name and its division in the editions 2011 and 2017 of GB/T 4754.
#[derive(Debug)]
pub(super) struct Trade(pub(super) &'static str, pub(super) &'static str, pub(super) &'static str);

/// The shape of the headcounts.
#[derive(Debug, Clone, Copy)]
pub(super) enum Size {
    /// One to eight.
    Shop,
    /// Mostly small, with a long tail into the thousands.
    Company,
    /// Twenty to some hundreds.
    Office,
}

const LIMITED: &[&str] = &["有限公司", "有限公司", "有限公司", "有限责任公司", "（北京）有限公司"];
const TRADES: &[Trade] = &[
    Trade("科技", "75", "75"),
    Trade("软件", "65", "65"),
    Trade("信息技术", "65", "65"),
    Trade("网络", "64", "64"),
    Trade("商贸", "51", "51"),
    Trade("百货", "52", "52"),
    Trade("医药", "51", "51"),
    Trade("餐饮管理", "62", "62"),
    Trade("酒店管理", "61", "61"),
    Trade("物业管理", "70", "70"),
    Trade("房地产经纪", "70", "70"),
    Trade("投资管理", "72", "72"),
    Trade("企业管理咨询", "72", "72"),
    Trade("广告", "72", "72"),
    Trade("人力资源服务", "72", "72"),
    Trade("保安服务", "72", "72"),
    Trade("会展服务", "72", "72"),
    Trade("建筑工程", "47", "47"),
    Trade("市政工程", "48", "48"),
    Trade("机电安装", "49", "49"),
    Trade("装饰工程", "50", "50"),
    Trade("工程设计", "74", "74"),
    Trade("检测技术", "74", "74"),
    Trade("文化传播", "87", "88"),
    Trade("影视", "86", "87"),
    Trade("图书出版", "85", "86"),
    Trade("体育发展", "88", "89"),
    Trade("教育科技", "82", "83"),
    Trade("医疗管理", "83", "84"),
    Trade("家政服务", "79", "80"),
    Trade("汽车维修", "80", "81"),
    Trade("保洁服务", "81", "82"),
    Trade("货物运输", "54", "54"),
    Trade("快递服务", "60", "60"),
    Trade("货运代理", "58", "58"),
    Trade("园林绿化", "78", "78"),
    Trade("环保科技", "77", "77"),
    Trade("金融信息服务", "69", "69"),
    Trade("证券投资咨询", "67", "67"),
    Trade("保险代理", "68", "68"),
    Trade("融资担保", "66", "66"),
    Trade("设备租赁", "71", "71"),
    Trade("印刷", "23", "23"),
    Trade("食品", "14", "14"),
    Trade("电力设备", "38", "38"),
];
const SHOPS: &[Trade] = &[
    Trade("餐厅", "62", "62"),
    Trade("小吃店", "62", "62"),
    Trade("便利店", "52", "52"),
    Trade("服装店", "52", "52"),
    Trade("水果店", "52", "52"),
    Trade("茶庄", "52", "52"),
    Trade("理发店", "79", "80"),
    Trade("修理部", "80", "81"),
];
const INSTITUTIONS: &[Trade] = &[
    Trade("实验学校", "82", "83"),
    Trade("幼儿园", "82", "83"),
    Trade("社区卫生服务中心", "83", "84"),
    Trade("养老院", "84", "85"),
    Trade("文化馆", "87", "88"),
    Trade("事务中心", "91", "92"),
];
const CHARITIES: &[Trade] = &[
    Trade("职业培训中心", "82", "83"),
    Trade("养老照料中心", "84", "85"),
    Trade("社会工作事务所", "84", "85"),
    Trade("艺术馆", "87", "88"),
];

const fn enterprise(
    weight: u32,
    ownership: &'static str,
    economic_type: &'static str,
    forms: &'static [&'static str],
) -> Kind {
    Kind {
        weight,
        registration: ('9', '1'),
        ownership,
        economic_type,
        place: "北京",
        trades: TRADES,
        forms,
        size: Size::Company,
    }
}

const fn body(
    weight: u32,
    registration: (char, char),
    ownership: &'static str,
    place: &'static str,
    trades: &'static [Trade],
    size: Size,
) -> Kind {
    Kind { weight, registration, ownership, economic_type: "", place, trades, forms: &[""], size }
}

/// The kinds in roughly the proportions of a central district of offices and shops.
pub(super) const KINDS: &[Kind] = &[
    enterprise(564, "私营企业", "173", LIMITED),
    enterprise(90, "有限责任公司", "159", LIMITED),
    enterprise(45, "国有企业", "151", LIMITED),
    enterprise(15, "集体企业", "120", &["总公司", "服务社"]),
    enterprise(20, "股份有限公司", "160", &["股份有限公司"]),
    enterprise(10, "私营企业", "172", &["中心（有限合伙）"]),
    enterprise(12, "港澳台商投资企业", "230", LIMITED),
    enterprise(18, "外商投资企业", "330", LIMITED),
    Kind {
        economic_type: "175",
        ..body(140, ('9', '2'), "个体工商户", "北京西城", SHOPS, Size::Shop)
    },
    body(
        8,
        ('1', '1'),
        "机关",
        "北京市西城区",
        &[Trade("事务局", "91", "92"), Trade("管理办公室", "91", "92")],
        Size::Office,
    ),
    body(30, ('1', '2'), "事业单位", "北京市西城区", INSTITUTIONS, Size::Office),
    body(
        12,
        ('5', '1'),
        "社会团体",
        "北京",
        &[Trade("行业协会", "94", "95"), Trade("商会", "94", "95"), Trade("学会", "94", "95")],
        Size::Shop,
    ),
    body(22, ('5', '2'), "民办非企业单位", "北京市西城区", CHARITIES, Size::Company),
    body(2, ('5', '3'), "基金会", "北京", &[Trade("公益基金会", "94", "95")], Size::Shop),
    body(12, ('3', '1'), "专业服务机构", "北京", &[Trade("律师事务所", "72", "72")], Size::Company),
];

/// Characters of invented trade names (字号); four of them make a name that nobody bears.
pub(super) const SYLLABLES: [char; 40] = [
    '砚', '霖', '拓', '苒', '珩', '澈', '槿', '曜', '岑', '翎', '沐', '筠', '朔', '芷', '骁', '凛',
    '鹭', '屿', '汀', '垚', '琮', '黛', '葳', '峤', '铄', '漪', '旻', '璟', '昀', '逸', '洵', '棠',
    '粲', '弈', '麓', '榕', '祺', '岚', '舟', '禾',
];

/// Divisions whose authorities register companies that work in the district, with weights.
pub(super) const AUTHORITY_DIVISIONS: [(&str, u32); 5] =
    [("110102", 80), ("110000", 13), ("100000", 4), ("110108", 2), ("110105", 1)];
